//! `POST /unsubscribe`: by the button of the page of that path, or by a mail program that was told
//! to in the mail's header (RFC 8058).

use super::Web;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use gas_backend::chain;
use gas_backend::mail::UnsubscribeKey;
use gas_backend::ports::MailPreferences;
use gas_backend::usecases::{UnsubscribeError, unsubscribe};
use serde::Deserialize;
use std::sync::Arc;

/// What unsubscribing takes.
#[derive(Clone)]
pub struct Unsubscriber {
    /// Who wants which mail.
    pub preferences: Arc<dyn MailPreferences>,
    /// What signed the links.
    pub key: UnsubscribeKey,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    token: String,
}

/// The route; its GET is a page.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/unsubscribe", post(stop))
}

async fn stop(Extension(web): Extension<Web>, Query(link): Query<Link>) -> Response {
    let Unsubscriber { preferences, key } = &web.unsubscriber;
    match unsubscribe(&**preferences, key, &link.token).await {
        Ok(user) => {
            tracing::info!(%user, "unsubscribed");
            Redirect::to("/unsubscribe?done=true").into_response()
        }
        Err(UnsubscribeError::Token(error)) => {
            (StatusCode::BAD_REQUEST, error.to_string()).into_response()
        }
        Err(error @ UnsubscribeError::Port(_)) => {
            tracing::error!(error = %chain(&error), "not unsubscribed");
            (StatusCode::SERVICE_UNAVAILABLE, "GAS failed to answer; please try again")
                .into_response()
        }
    }
}
