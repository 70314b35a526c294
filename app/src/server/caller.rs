//! Who calls a server function.

use super::session::SignedIn;
use super::{Web, errors};
use crate::error::{ApiError, ErrorCode};
use dioxus::fullstack::FullstackContext;
use gas_shared::Account;
use tower_sessions::Session;

/// The state and the caller's account, read afresh.
///
/// # Errors
/// [`ErrorCode::SignInRequired`] where nobody is signed in.
pub async fn account() -> Result<(Web, Account), ApiError> {
    let web = web()?;
    let session: Session = FullstackContext::extract().await?;
    let account = account_of(&web, &session).await?;
    Ok((web, account))
}

/// The account of who has a session, for handlers that are no server functions.
///
/// # Errors
/// [`ErrorCode::SignInRequired`] where nobody is signed in.
pub async fn account_of(web: &Web, session: &Session) -> Result<Account, ApiError> {
    signed_in(web, session)
        .await?
        .ok_or_else(|| ApiError::new(ErrorCode::SignInRequired, "sign in to go on"))
}

/// The caller's account, or `None` where nobody is signed in.
///
/// # Errors
/// Where sessions or accounts cannot be read.
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
    let Some(signed_in) = SignedIn::of(session, web.gas.clock.now()).await? else {
        return Ok(None);
    };
    Ok(web.gas.accounts.account(signed_in.user).await?)
}
