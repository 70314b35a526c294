//! Identifies the caller of a server function or a handler by the session.

use super::session::SignedIn;
use super::{Web, errors};
use crate::error::{ApiError, ErrorCode};
use dioxus::fullstack::FullstackContext;
use gas_shared::Account;
use tower_sessions::Session;
use tracing::Span;
use tracing::field::display;

/// Returns the server state and the caller's account, which is read from the database on each call.
///
/// # Errors
/// [`ErrorCode::SignInRequired`] if the caller is not signed in.
pub async fn account() -> Result<(Web, Account), ApiError> {
    let web = web()?;
    let session: Session = FullstackContext::extract().await?;
    let account = account_of(&web, &session).await?;
    Ok((web, account))
}

/// Returns the account of a session, for handlers that are not server functions.
///
/// # Errors
/// [`ErrorCode::SignInRequired`] if the caller is not signed in.
pub async fn account_of(web: &Web, session: &Session) -> Result<Account, ApiError> {
    signed_in(web, session)
        .await?
        .ok_or_else(|| ApiError::new(ErrorCode::SignInRequired, "sign in to continue"))
}

/// Returns the caller's account, or `None` if the caller is not signed in.
///
/// # Errors
/// If the session or the account cannot be read.
pub async fn maybe_account() -> Result<Option<Account>, ApiError> {
    let session: Session = FullstackContext::extract().await?;
    signed_in(&web()?, &session).await
}

fn web() -> Result<Web, ApiError> {
    let context = FullstackContext::current();
    context.and_then(|context| context.extension::<Web>()).ok_or_else(|| {
        errors::internal(&std::io::Error::other("a server function ran outside a request"))
    })
}

async fn signed_in(web: &Web, session: &Session) -> Result<Option<Account>, ApiError> {
    let Some(signed_in) = SignedIn::of(session, web.gas.now()).await? else {
        return Ok(None);
    };
    Span::current().record("user_id", display(signed_in.user));
    Ok(web.gas.accounts.account(signed_in.user).await?)
}
