//! Calls of other services. No session and no origin stands behind them: each proves by a
//! signature where it comes from.

mod stripe;
mod thaw;

pub use thaw::ThawEndpoint;

use axum::Router;
use axum::routing::post;

/// The endpoints.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/webhooks/stripe", post(stripe::receive).layer(stripe::body_limit()))
        .route("/thaw", post(thaw::receive).layer(thaw::body_limit()))
}
