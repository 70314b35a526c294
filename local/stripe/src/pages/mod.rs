//! The pages for browsers: checkout, billing portal, invoices, and the replacement of Stripe.js.

mod checkout;
mod html;
mod portal;

use crate::Server;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::Arc;

/// The pages and their files.
pub(crate) fn routes() -> Router<Arc<Server>> {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text).into_response() })
    };
    Router::new()
        .route("/stripe.js", file("text/javascript", include_str!("stripe.js")))
        .route("/frame.js", file("text/javascript", include_str!("frame.js")))
        .route("/page.css", file("text/css", include_str!("page.css")))
        .route("/c/pay/{id}", get(checkout::hosted).post(checkout::pay_hosted))
        .route("/embed/{secret}", get(checkout::embedded).post(checkout::pay_embedded))
        .route("/p/session/{secret}", get(portal::show).post(portal::act))
        .route("/i/{id}", get(portal::invoice))
}
