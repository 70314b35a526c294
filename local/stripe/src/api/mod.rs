//! The calls of Stripe's API that GAS makes.

mod checkout;
mod customers;
mod error;
mod params;
mod subscriptions;

pub(crate) use error::ApiError;

use crate::state::Answer;
use crate::{Server, now_millis};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::Value;
use std::sync::Arc;

/// The largest body, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long an idempotency key is remembered, in seconds.
const KEY_SECS: i64 = 24 * 3600;

/// The endpoints under `/v1`.
pub(crate) fn routes(server: &Arc<Server>) -> Router<Arc<Server>> {
    Router::new()
        .route("/v1/customers", post(customers::create))
        .route("/v1/customers/{id}", delete(customers::delete))
        .route("/v1/prices/{id}", get(customers::price))
        .route("/v1/invoices", get(customers::invoices))
        .route("/v1/billing_portal/sessions", post(customers::open_portal))
        .route("/v1/checkout/sessions", post(checkout::create).get(checkout::list))
        .route("/v1/checkout/sessions/{id}", get(checkout::retrieve))
        .route("/v1/checkout/sessions/{id}/expire", post(checkout::expire))
        .route("/v1/subscriptions", get(subscriptions::list))
        .route(
            "/v1/subscriptions/{id}",
            get(subscriptions::retrieve).post(subscriptions::update).delete(subscriptions::cancel),
        )
        // Outermost first: the check of the key, then the idempotency.
        .layer(from_fn_with_state(server.clone(), answer_once))
        .layer(from_fn_with_state(server.clone(), check_key))
}

/// Rejects requests without the secret key, which is a bearer token.
async fn check_key(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let Some(key) = given_key(request.headers()) else {
        let message = "You did not provide an API key.".to_owned();
        return ApiError::unauthorized(message).into_response();
    };
    if key != server.settings.secret_key {
        let shown: String = key.chars().take(8).collect();
        let message = format!("Invalid API Key provided: {shown}****");
        return ApiError::unauthorized(message).into_response();
    }
    next.run(request).await
}

fn given_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::to_owned)
}

/// Answers a creation with a known idempotency key with the stored response
/// (<https://docs.stripe.com/api/idempotent_requests>).
async fn answer_once(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok());
    let Some(key) = key.map(str::to_owned).filter(|_| request.method() == Method::POST) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
        return ApiError::invalid("body", "The body is too large.".to_owned()).into_response();
    };
    let asked = format!("{} {}", parts.uri.path(), String::from_utf8_lossy(&bytes));
    let now = now_millis() / 1000;
    let known = server.store.read(|state| state.answers.get(&key).cloned());
    if let Some(known) = known.filter(|known| now < known.at + KEY_SECS) {
        return replay(known, &asked, key);
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    if !response.status().is_success() {
        return response;
    }
    let Ok(bytes) = to_bytes(response.into_body(), MAX_BODY_BYTES).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let stored = Answer { request: asked, body: body.clone(), at: now };
    server.store.change(|state| {
        state.answers.retain(|_, response| now < response.at + KEY_SECS);
        state.answers.insert(key, stored);
    });
    Json(body).into_response()
}

fn replay(known: Answer, asked: &str, key: String) -> Response {
    if known.request == asked {
        return ([("idempotent-replayed", "true")], Json(known.body)).into_response();
    }
    let message = format!(
        "Keys for idempotent requests can only be used with the same parameters they were first \
         used with. Try using a key other than '{key}' if you meant to execute a different request."
    );
    ApiError::other_request(message).into_response()
}
