//! Subscriptions.

use super::customers;
use super::error::{ApiError, ApiResult};
use super::params::Params;
use crate::Server;
use crate::model::Change;
use crate::objects;
use crate::state::{Status, Subscription};
use axum::Json;
use axum::extract::{Form, Path, Query, State};
use std::sync::Arc;

pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> ApiResult {
    let mut params = Params::new(pairs);
    let customer = params.need("customer")?;
    // Without this parameter, Stripe omits ended subscriptions.
    let all = params.take("status").is_some_and(|status| status == "all");
    let limit = customers::limit(&mut params)?;
    let with_card = params.take_expand() == ["data.default_payment_method"];
    params.finish()?;
    server.read(|state, objects| {
        if !state.customers.contains_key(&customer) {
            return Err(ApiError::missing("customer", "customer", &customer));
        }
        let is_wanted = |one: &&Subscription| {
            one.customer == customer && (all || one.status != Status::Canceled)
        };
        let mut found: Vec<_> = state.subscriptions.values().filter(is_wanted).collect();
        found.sort_by_key(|one| std::cmp::Reverse(one.created));
        let more = found.len() > limit;
        found.truncate(limit);
        let found = found.into_iter().map(|one| objects.subscription(one, with_card)).collect();
        Ok(Json(objects::list("/v1/subscriptions", found, more)))
    })
}

pub(super) async fn retrieve(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> ApiResult {
    let mut params = Params::new(pairs);
    let with_card = params.take_expand() == ["default_payment_method"];
    params.finish()?;
    server.read(|state, objects| match state.subscriptions.get(&id) {
        Some(one) => Ok(Json(objects.subscription(one, with_card))),
        None => Err(ApiError::not_found("subscription", &id)),
    })
}

pub(super) async fn update(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> ApiResult {
    let mut params = Params::new(pairs);
    let cancel = params.one_of("cancel_at_period_end", &["true", "false"])? == "true";
    params.finish()?;
    change(&server, &id, |change| change.set_cancel_at_period_end(&id, cancel))
}

pub(super) async fn cancel(State(server): State<Arc<Server>>, Path(id): Path<String>) -> ApiResult {
    change(&server, &id, |change| change.cancel(&id, change.now()))
}

/// Changes a subscription that has not ended.
fn change(server: &Server, id: &str, apply: impl FnOnce(&mut Change<'_>)) -> ApiResult {
    server.change(|change| {
        let is_open = |one: &&Subscription| one.status != Status::Canceled;
        if change.state.subscriptions.get(id).filter(is_open).is_none() {
            return Err(ApiError::not_found("subscription", id));
        }
        apply(change);
        match change.state.subscriptions.get(id) {
            Some(one) => Ok(Json(change.objects().subscription(one, false))),
            None => Err(ApiError::not_found("subscription", id)),
        }
    })
}
