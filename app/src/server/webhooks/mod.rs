//! Webhooks: endpoints that other services call. Requests have no session and no origin; each is
//! authenticated by its signature.

mod stripe;
mod thaw;

pub use stripe::handle_events as handle_stripe_events;
pub use thaw::ThawEndpoint;

use super::sns;
use axum::Router;
use axum::routing::post;

/// The largest body of any webhook, in bytes. Each has its own limit below that.
pub const MAX_BODY_BYTES: usize = sns::MAX_BODY_BYTES;

/// The webhook routes.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/webhooks/stripe", post(stripe::receive).layer(stripe::body_limit()))
        .route("/thaw", post(thaw::receive).layer(thaw::body_limit()))
}
