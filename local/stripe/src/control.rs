//! Control endpoints for tests, which Stripe does not have.

use crate::model::Change;
use crate::state::{Event, Subscription};
use crate::{Server, now_millis, webhooks};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The endpoints under `/_control`.
pub(crate) fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/_control/events", get(events))
        .route("/_control/events/{id}/redeliver", post(redeliver))
        .route("/_control/webhooks", put(set_delivering))
        .route("/_control/subscriptions", get(subscriptions))
        .route("/_control/subscriptions/{id}", delete(end))
        .route("/_control/subscriptions/{id}/advance", post(advance))
        .route("/_control/subscriptions/{id}/fail-next-renewal", post(fail_next_renewal))
}

/// Lists all events with the endpoint's responses, oldest first.
async fn events(State(server): State<Arc<Server>>) -> Json<Value> {
    let show = |event: &Event| {
        json!({
            "id": event.id, "type": event.kind, "answers": event.answers,
            "delivered": event.due.is_none(), "body": event.body
        })
    };
    Json(server.read(|state, _| state.events.iter().map(show).collect()))
}

/// Delivers an event again. The event is named by its id or its index in the list.
async fn redeliver(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    let event = server.read(|state, _| match id.parse::<usize>() {
        Ok(place) => state.events.get(place).cloned(),
        Err(_) => state.events.iter().find(|event| event.id == id).cloned(),
    });
    let event = event.ok_or(StatusCode::NOT_FOUND)?;
    let status = webhooks::send(&server, &event).await;
    Ok(Json(json!({ "id": event.id, "status": status })))
}

#[derive(Deserialize)]
struct Delivering {
    enabled: bool,
}

/// Pauses or resumes deliveries.
async fn set_delivering(
    State(server): State<Arc<Server>>,
    Json(wish): Json<Delivering>,
) -> StatusCode {
    server.delivering.store(wish.enabled, Ordering::Relaxed);
    server.news.notify_one();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct ByEmail {
    email: Option<String>,
}

/// Lists the subscriptions, oldest first, optionally only those of a customer's email address.
async fn subscriptions(
    State(server): State<Arc<Server>>,
    Query(wish): Query<ByEmail>,
) -> Json<Value> {
    let all = server.read(|state, objects| {
        let is_wanted = |one: &&Subscription| {
            let customer = state.customers.get(&one.customer);
            wish.email.is_none()
                || customer.and_then(|customer| customer.email.clone()) == wish.email
        };
        let mut all: Vec<_> = state.subscriptions.values().filter(is_wanted).collect();
        all.sort_by_key(|one| one.created);
        all.into_iter().map(|one| objects.subscription(one, true)).collect::<Value>()
    });
    Json(all)
}

#[derive(Default, Deserialize)]
struct Advance {
    /// How many days ago the period ended.
    #[serde(default)]
    days_ago: i64,
}

/// Ends the current period of a subscription: it is renewed, declined or canceled.
async fn advance(
    server: State<Arc<Server>>,
    id: Path<String>,
    Query(wish): Query<Advance>,
) -> Result<Json<Value>, StatusCode> {
    let end = now_millis() / 1000 - wish.days_ago * 24 * 3600;
    change(server, id, |change, id| change.end_period(id, end))
}

/// Makes the next renewal fail.
async fn fail_next_renewal(
    server: State<Arc<Server>>,
    id: Path<String>,
) -> Result<Json<Value>, StatusCode> {
    change(server, id, |change, id| {
        if let Some(one) = change.state.subscriptions.get_mut(id) {
            one.fail_next_renewal = true;
        }
    })
}

/// Ends a subscription immediately.
async fn end(server: State<Arc<Server>>, id: Path<String>) -> Result<Json<Value>, StatusCode> {
    change(server, id, |change, id| change.cancel(id, change.now()))
}

fn change(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    apply: impl FnOnce(&mut Change<'_>, &str),
) -> Result<Json<Value>, StatusCode> {
    let after = server.change(|change| {
        change.state.subscriptions.get(&id)?;
        apply(change, &id);
        let one = change.state.subscriptions.get(&id)?;
        Some(change.objects().subscription(one, true))
    });
    after.map(Json).ok_or(StatusCode::NOT_FOUND)
}
