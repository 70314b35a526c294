//! The endpoint for Stripe events, and the task that handles them.

use crate::server::Web;
use crate::server::stripe_web::StripeWeb;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode};
use gas_backend::ports::EventState;
use gas_backend::stripe::check_signature;
use gas_backend::usecases::{StripeEvent, handle_stripe_events, receive_stripe_event};
use gas_backend::{Billing, chain};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// The largest accepted event, in bytes. Subscription events have about 10 kB.
const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Stripe expects a response within seconds. An event that is not stored by then is delivered again.
const TIME_LIMIT: Duration = Duration::from_secs(4);

/// The interval between checks for events that are due.
const CHECK_EVERY: Duration = Duration::from_secs(10);

/// Rejects bodies over the limit with 413.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_EVENT_BYTES)
}

/// Stores an event and wakes the task that handles it. After any response other than 2xx, Stripe
/// delivers the event again for up to three days.
pub async fn receive(
    Extension(web): Extension<Web>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let Some(stripe) = &web.stripe else {
        return (StatusCode::NOT_FOUND, "this service has no billing");
    };
    let event = match verify_event(stripe, &headers, &body) {
        Ok(event) => event,
        Err(why) => {
            tracing::warn!(why, "rejected a Stripe event");
            return (StatusCode::BAD_REQUEST, "the event or its signature is invalid");
        }
    };
    let (id, kind) = (event.id.as_str(), event.kind.as_str());
    match tokio::time::timeout(TIME_LIMIT, receive_stripe_event(&web.billing, &event)).await {
        Ok(Ok(EventState::Processed)) => (StatusCode::OK, "already done"),
        Ok(Ok(EventState::Pending)) => {
            stripe.events.notify_one();
            (StatusCode::OK, "stored")
        }
        Ok(Err(error)) => {
            tracing::error!(event_id = id, kind, error = %chain(&error), "failed to store a Stripe event");
            (StatusCode::INTERNAL_SERVER_ERROR, "not stored; deliver it again")
        }
        Err(_) => {
            tracing::error!(event_id = id, kind, "a Stripe event was not stored in time");
            (StatusCode::SERVICE_UNAVAILABLE, "busy; deliver it again")
        }
    }
}

/// Handles stored events when one arrives, and when one is due that failed or that another process
/// left behind, until shutdown.
pub async fn handle_events(billing: Billing, stripe: Arc<StripeWeb>, shutdown: CancellationToken) {
    let mut every = tokio::time::interval(CHECK_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let work = async {
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = stripe.events.notified() => {}
            }
            if let Err(error) = handle_stripe_events(&billing).await {
                tracing::error!(error = %chain(&error), "failed to read the stored Stripe events");
            }
        }
    };
    // An event that is interrupted is due again when its lease ends.
    let _ = shutdown.run_until_cancelled(work).await;
}

/// Verifies Stripe's signature over the raw body, then parses the event.
fn verify_event(
    stripe: &StripeWeb,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<StripeEvent, String> {
    let header = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let secret = stripe.webhook_secret.expose();
    // The timestamp tolerance prevents replays, so this uses the system clock, not the test clock.
    check_signature(header.unwrap_or_default(), body, secret, Timestamp::now())
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(body).map_err(|error| format!("the body is not a Stripe event: {error}"))
}
