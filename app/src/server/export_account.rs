//! `GET /account-export`: downloads everything that GAS stores about the caller.

use super::file_response::{file_response, or_error_response};
use super::{Web, caller};
use crate::server::session::Session;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use futures::TryStreamExt;
use gas_backend::audit::{Act, Actor};
use gas_backend::chain;
use gas_backend::usecases::{count_account_export, export_account};

/// The export route.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/account-export", get(export))
}

async fn export(Extension(web): Extension<Web>, session: Session) -> Response {
    let account = match caller::account_of(&web, &session).await {
        Ok(account) => account,
        Err(error) => return or_error_response(Err(error)),
    };
    if let Err(error) = count_account_export(&web.gas, account.id).await {
        return or_error_response(Err(error.into()));
    }
    tracing::info!(user_id = %account.id, "account exported");
    web.gas.audit.record(Actor::User, account.id, Act::AccountExported).await;
    let preferences = web.unsubscriber.preferences.clone();
    let content = export_account(&web.billing, preferences, &account).inspect_err(|error| {
        // The status line is already sent. Closing the connection makes the download fail visibly.
        tracing::error!(error = %chain(error), "account export failed midway");
    });
    file_response(Body::from_stream(content), "application/json", "gas-account.json")
}
