//! `GET /account-export`: everything that GAS knows of the caller, as a file.

use super::file_answer::{as_file, or_refused};
use super::{Web, caller};
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use futures::TryStreamExt;
use gas_backend::chain;
use gas_backend::usecases::export_account;
use tower_sessions::Session;

/// The route.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/account-export", get(export))
}

async fn export(Extension(web): Extension<Web>, session: Session) -> Response {
    let account = match caller::account_of(&web, &session).await {
        Ok(account) => account,
        Err(error) => return or_refused(Err(error)),
    };
    tracing::info!(user = %account.id, "account exported");
    let preferences = web.unsubscriber.preferences.clone();
    let content = export_account(&web.billing, preferences, &account).inspect_err(|error| {
        // The status is sent by now: the connection breaks, and the browser tells of it.
        tracing::error!(error = %chain(error), "an export ended early");
    });
    as_file(Body::from_stream(content), "application/json", "gas-account.json")
}
