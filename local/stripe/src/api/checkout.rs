//! Checkout Sessions in mode `subscription`.

use super::customers;
use super::error::{ApiError, ApiResult};
use super::params::Params;
use crate::Server;
use crate::model::new_id;
use crate::objects;
use crate::state::{CHECKOUT_SECS, Session, UiMode};
use axum::Json;
use axum::extract::{Form, Path, Query, State};
use std::sync::Arc;

pub(super) async fn create(
    State(server): State<Arc<Server>>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> ApiResult {
    let mut params = Params::new(pairs);
    params.one_of("mode", &["subscription"])?;
    let price = params.need("line_items[0][price]")?;
    if price != server.settings.price_id {
        return Err(ApiError::missing("line_items[0][price]", "price", &price));
    }
    params.one_of("line_items[0][quantity]", &["1"])?;
    let customer = params.need("customer")?;
    let (ui_mode, done_url) =
        match params.one_of("ui_mode", &["embedded_page", "hosted_page"])?.as_str() {
            "embedded_page" => {
                params.one_of("redirect_on_completion", &["if_required"])?;
                (UiMode::EmbeddedPage, params.need("return_url")?)
            }
            _ => (UiMode::HostedPage, params.need("success_url")?),
        };
    let cancel_url = match ui_mode {
        UiMode::HostedPage => params.take("cancel_url"),
        UiMode::EmbeddedPage => None,
    };
    let expires_at = params.take("expires_at");
    let client_reference_id = params.take("client_reference_id");
    let metadata = params.take_map("metadata");
    let subscription_metadata = params.take_map("subscription_data[metadata]");
    params.finish()?;
    server.change(|change| {
        if !change.state.customers.contains_key(&customer) {
            return Err(ApiError::missing("customer", "customer", &customer));
        }
        let expires_at = expiry(expires_at, change.now())?;
        let id = new_id("cs_test");
        let session = Session {
            client_secret: format!("{id}_secret_{}", new_id("s")),
            id: id.clone(),
            created: change.now(),
            sequence: change.state.sessions.len(),
            expires_at,
            customer: customer.clone(),
            ui_mode,
            done_url,
            cancel_url,
            client_reference_id,
            metadata,
            subscription_metadata,
            subscription: None,
        };
        let object = change.objects().session(&session);
        change.state.sessions.insert(id, session);
        Ok(Json(object))
    })
}

pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> ApiResult {
    let mut params = Params::new(pairs);
    let customer = params.need("customer")?;
    let limit = customers::limit(&mut params)?;
    params.finish()?;
    server.read(|state, objects| {
        let own = state.sessions.values().filter(|session| session.customer == customer);
        let mut found: Vec<_> = own.collect();
        found.sort_by_key(|session| std::cmp::Reverse((session.created, session.sequence)));
        let more = found.len() > limit;
        found.truncate(limit);
        let found = found.into_iter().map(|session| objects.session(session)).collect();
        Ok(Json(objects::list("/v1/checkout/sessions", found, more)))
    })
}

/// Expires an open session (<https://docs.stripe.com/api/checkout/sessions/expire>).
pub(super) async fn expire(State(server): State<Arc<Server>>, Path(id): Path<String>) -> ApiResult {
    server.change(|change| {
        let now = change.now();
        let Some(session) = change.state.sessions.get_mut(&id) else {
            return Err(ApiError::not_found("checkout.session", &id));
        };
        let status = session.status(now);
        if status != "open" {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout \
                 Session has a status of `{status}`."
            );
            return Err(ApiError::invalid("session", message));
        }
        session.expires_at = now;
        let session = session.clone();
        Ok(Json(change.objects().session(&session)))
    })
}

/// When a checkout that is created now expires.
fn expiry(asked: Option<String>, now: i64) -> Result<i64, ApiError> {
    const NAME: &str = "expires_at";
    let Some(asked) = asked else { return Ok(now + CHECKOUT_SECS.end()) };
    let at =
        asked.parse().map_err(|_| ApiError::invalid(NAME, format!("Invalid integer: {asked}")))?;
    if !CHECKOUT_SECS.contains(&(at - now)) {
        let message =
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.";
        return Err(ApiError::invalid(NAME, message.to_owned()));
    }
    Ok(at)
}

pub(super) async fn retrieve(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
) -> ApiResult {
    server.read(|state, objects| match state.sessions.get(&id) {
        Some(session) => Ok(Json(objects.session(session))),
        None => Err(ApiError::not_found("checkout.session", &id)),
    })
}
