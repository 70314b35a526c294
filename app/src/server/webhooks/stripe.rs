//! Stripe's events.

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

/// The largest event that is taken, in bytes; those about subscriptions have about 10 kB.
const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Stripe wants its answer soon. What takes longer is given up; Stripe delivers again, and the
/// work is done then.
const TIME_LIMIT: Duration = Duration::from_secs(9);

/// Answers 413 to bodies that are larger than any event.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_EVENT_BYTES)
}

/// Takes an event. Every answer but 2xx makes Stripe deliver it again, for three days.
pub async fn receive(
    Extension(web): Extension<Web>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let event = match believed(&web, &headers, &body) {
        Ok(event) => event,
        Err(why) => {
            tracing::warn!(why, "an event was refused");
            return (StatusCode::BAD_REQUEST, why);
        }
    };
    let work = handle_stripe_event(&web.billing, &event);
    match tokio::time::timeout(TIME_LIMIT, work).await {
        Ok(Ok(outcome)) => {
            tracing::info!(event = event.id, kind = event.kind, ?outcome, "Stripe event");
            (StatusCode::OK, describe(outcome).to_owned())
        }
        Ok(Err(error)) => {
            tracing::error!(event = event.id, kind = event.kind, error = %chain(&error), "Stripe event failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "failed; deliver it again".to_owned())
        }
        Err(_) => {
            tracing::error!(event = event.id, kind = event.kind, "Stripe event took too long");
            (StatusCode::SERVICE_UNAVAILABLE, "busy; deliver it again".to_owned())
        }
    }
}

/// The event of a body that Stripe has signed, byte for byte as it came.
fn believed(web: &Web, headers: &HeaderMap, body: &[u8]) -> Result<StripeEvent, String> {
    let header = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let secret = web.stripe_webhook_secret.expose();
    // The tolerance is against what is recorded and sent again, so the machine's clock counts.
    check_signature(header.unwrap_or_default(), body, secret, Timestamp::now())
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(body).map_err(|error| format!("the body is no event: {error}"))
}

fn describe(outcome: EventOutcome) -> &'static str {
    match outcome {
        EventOutcome::Done => "done",
        EventOutcome::Duplicate => "done before",
        EventOutcome::Ignored => "ignored",
    }
}
