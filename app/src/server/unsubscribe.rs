//! `POST /unsubscribe`: turns off mail about jobs. Called by the button of the page at that path or
//! by a mail program that follows the mail's one-click unsubscribe header (RFC 8058).

use super::Web;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use dioxus::server::FullstackState;
use gas_backend::chain;
use gas_backend::mail::UnsubscribeKey;
use gas_backend::ports::MailPreferences;
use gas_backend::usecases::{UnsubscribeError, unsubscribe};
use serde::Deserialize;
use std::sync::Arc;

/// Verifies unsubscribe links and stores the choice.
#[derive(Clone)]
pub struct Unsubscriber {
    /// Which mail each user wants.
    pub preferences: Arc<dyn MailPreferences>,
    /// The key that signs the links.
    pub key: UnsubscribeKey,
}

#[derive(Deserialize)]
struct LinkQuery {
    #[serde(default)]
    token: String,
}

/// The unsubscribe route. A GET is rendered as the other pages are: without a handler of its own, a path that accepts POST answers
/// it with 405.
pub fn routes() -> Router<FullstackState> {
    let page = get(FullstackState::render_handler);
    Router::new().route("/unsubscribe", page.post(unsubscribe_by_link))
}

async fn unsubscribe_by_link(
    Extension(web): Extension<Web>,
    Query(link): Query<LinkQuery>,
) -> Response {
    let Unsubscriber { preferences, key } = &web.unsubscriber;
    match unsubscribe(&**preferences, key, &link.token).await {
        Ok(user) => {
            tracing::info!(user_id = %user, "unsubscribed");
            Redirect::to("/unsubscribe?done=true").into_response()
        }
        Err(UnsubscribeError::Token(error)) => {
            (StatusCode::BAD_REQUEST, error.to_string()).into_response()
        }
        Err(error @ UnsubscribeError::Port(_)) => {
            tracing::error!(error = %chain(&error), "failed to unsubscribe");
            (StatusCode::SERVICE_UNAVAILABLE, "GAS could not unsubscribe you; try again")
                .into_response()
        }
    }
}
