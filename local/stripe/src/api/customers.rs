//! Customers with their invoices and portal sessions, and the price.

use super::error::{ApiError, ApiResult};
use super::params::Params;
use crate::Server;
use crate::model::new_id;
use crate::objects;
use crate::state::{Customer, Portal, Status};
use axum::Json;
use axum::extract::{Form, Path, Query, State};
use serde_json::json;
use std::sync::Arc;

/// The default size of a list.
pub(super) const PAGE: usize = 10;

pub(super) async fn create(
    State(server): State<Arc<Server>>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> ApiResult {
    let mut params = Params::new(pairs);
    let (email, name) = (params.take("email"), params.take("name"));
    let metadata = params.take_map("metadata");
    params.finish()?;
    Ok(Json(server.change(|change| {
        let id = new_id("cus");
        let customer = Customer { id: id.clone(), created: change.now(), email, name, metadata };
        let object = change.objects().customer(&customer);
        change.state.customers.insert(id, customer);
        change.emit("customer.created", object.clone());
        object
    })))
}

/// Deletes a customer and ends the customer's subscriptions. Invoices are kept
/// (<https://docs.stripe.com/api/customers/delete>).
pub(super) async fn delete(State(server): State<Arc<Server>>, Path(id): Path<String>) -> ApiResult {
    server.change(|change| {
        if change.state.customers.remove(&id).is_none() {
            return Err(ApiError::not_found("customer", &id));
        }
        let own = change.state.subscriptions.values();
        let own = own.filter(|one| one.customer == id && one.status != Status::Canceled);
        let own: Vec<_> = own.map(|one| one.id.clone()).collect();
        for subscription in own {
            change.cancel(&subscription, change.now());
        }
        let object = json!({ "id": id, "object": "customer", "deleted": true });
        change.emit("customer.deleted", object.clone());
        Ok(Json(object))
    })
}

pub(super) async fn price(State(server): State<Arc<Server>>, Path(id): Path<String>) -> ApiResult {
    if id != server.settings.price_id {
        return Err(ApiError::not_found("price", &id));
    }
    Ok(Json(server.read(|_, objects| objects.price())))
}

pub(super) async fn invoices(
    State(server): State<Arc<Server>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> ApiResult {
    let mut params = Params::new(pairs);
    let customer = params.need("customer")?;
    let limit = limit(&mut params)?;
    params.finish()?;
    server.read(|state, objects| {
        if !state.customers.contains_key(&customer) {
            return Err(ApiError::missing("customer", "customer", &customer));
        }
        let own = state.invoices.iter().rev().filter(|invoice| invoice.customer == customer);
        let mut all: Vec<_> = own.map(|invoice| objects.invoice(invoice)).collect();
        let more = all.len() > limit;
        all.truncate(limit);
        Ok(Json(objects::list("/v1/invoices", all, more)))
    })
}

pub(super) async fn open_portal(
    State(server): State<Arc<Server>>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> ApiResult {
    let mut params = Params::new(pairs);
    let (customer, return_url) = (params.need("customer")?, params.need("return_url")?);
    params.finish()?;
    server.change(|change| {
        if !change.state.customers.contains_key(&customer) {
            return Err(ApiError::missing("customer", "customer", &customer));
        }
        let secret = new_id("test");
        let object = json!({
            "id": new_id("bps"), "object": "billing_portal.session",
            "configuration": "bpc_local", "created": change.now(), "customer": customer,
            "flow": null, "livemode": false, "locale": null, "on_behalf_of": null,
            "return_url": return_url, "url": format!("{}/p/session/{secret}", change.origin)
        });
        change.state.portals.insert(secret, Portal { customer: customer.clone(), return_url });
        Ok(Json(object))
    })
}

/// The parameter `limit` (<https://docs.stripe.com/api/pagination>).
pub(super) fn limit(params: &mut Params) -> Result<usize, ApiError> {
    let Some(text) = params.take("limit") else { return Ok(PAGE) };
    match text.parse() {
        Ok(limit @ 1..=100) => Ok(limit),
        _ => Err(ApiError::invalid("limit", format!("Invalid integer: {text}"))),
    }
}
