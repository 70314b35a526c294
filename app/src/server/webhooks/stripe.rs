//! The endpoint for Stripe events.

use crate::server::Web;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode};
use gas_backend::chain;
use gas_backend::stripe::check_signature;
use gas_backend::usecases::{EventOutcome, StripeEvent, handle_stripe_event};
use jiff::Timestamp;
use std::time::Duration;

/// The largest accepted event, in bytes. Subscription events have about 10 kB.
const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Stripe expects a response within seconds. An event that takes longer is abandoned and handled
/// when Stripe delivers it again.
const TIME_LIMIT: Duration = Duration::from_secs(9);

/// Rejects bodies over the limit with 413.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_EVENT_BYTES)
}

/// Handles an event. After any response other than 2xx, Stripe delivers the event again for up to
/// three days.
pub async fn receive(
    Extension(web): Extension<Web>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let event = match verify_event(&web, &headers, &body) {
        Ok(event) => event,
        Err(why) => {
            tracing::warn!(why, "rejected a Stripe event");
            return (StatusCode::BAD_REQUEST, why);
        }
    };
    let work = handle_stripe_event(&web.billing, &event);
    match tokio::time::timeout(TIME_LIMIT, work).await {
        Ok(Ok(outcome)) => {
            tracing::info!(
                event_id = event.id,
                kind = event.kind,
                ?outcome,
                "handled a Stripe event"
            );
            (StatusCode::OK, describe(outcome).to_owned())
        }
        Ok(Err(error)) => {
            tracing::error!(event_id = event.id, kind = event.kind, error = %chain(&error), "failed to handle a Stripe event");
            (StatusCode::INTERNAL_SERVER_ERROR, "failed; deliver it again".to_owned())
        }
        Err(_) => {
            tracing::error!(event_id = event.id, kind = event.kind, "a Stripe event took too long");
            (StatusCode::SERVICE_UNAVAILABLE, "busy; deliver it again".to_owned())
        }
    }
}

/// Verifies Stripe's signature over the raw body, then parses the event.
fn verify_event(web: &Web, headers: &HeaderMap, body: &[u8]) -> Result<StripeEvent, String> {
    let header = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let secret = web.stripe_webhook_secret.expose();
    // The timestamp tolerance prevents replays, so this uses the system clock, not the test clock.
    check_signature(header.unwrap_or_default(), body, secret, Timestamp::now())
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(body).map_err(|error| format!("the body is not a Stripe event: {error}"))
}

fn describe(outcome: EventOutcome) -> &'static str {
    match outcome {
        EventOutcome::Done => "done",
        EventOutcome::Duplicate => "already done",
        EventOutcome::Ignored => "ignored",
    }
}
