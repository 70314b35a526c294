//! Identifies the caller of a server function or a handler: by the session, or by the secret of a share link.

use super::client_address::ClientAddress;
use super::session::Session;
use super::{Web, errors};
use crate::error::{ApiError, ErrorCode};
use dioxus::fullstack::FullstackContext;
use gas_backend::usecases::{Operator, ResultAccess, open_share_link};
use gas_shared::Account;
use tracing::Span;
use tracing::field::display;

/// Returns the server state and the caller's account, which is read from the database once per request.
///
/// # Errors
/// [`ErrorCode::SignInRequired`] if the caller is not signed in.
pub async fn account() -> Result<(Web, Account), ApiError> {
    let web = web()?;
    let account = account_of(&web, &session()?).await?;
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
    Ok(visitor().await?.1)
}

/// Returns the server state and the caller's account, or `None` if the caller is not signed in.
///
/// # Errors
/// If the session or the account cannot be read.
pub async fn visitor() -> Result<(Web, Option<Account>), ApiError> {
    let web = web()?;
    let account = signed_in(&web, &session()?).await?;
    Ok((web, account))
}

/// Returns the server state and the proof that the caller is an operator.
///
/// # Errors
/// [`ErrorCode::SignInRequired`] if the caller is not signed in, [`ErrorCode::NotFound`] if they are no operator.
pub async fn operator() -> Result<(Web, Operator), ApiError> {
    let (web, account) = account().await?;
    let operator = Operator::require(&web.gas, account.id).await?;
    Ok((web, operator))
}

/// Returns the server state and the address of a caller who need not be signed in, for requests through share links.
///
/// # Errors
/// If called outside a request.
pub fn stranger() -> Result<(Web, ClientAddress), ApiError> {
    Ok((web()?, extension()?))
}

/// Returns the server state and the access that a share link gives, whoever the caller is.
///
/// # Errors
/// [`ErrorCode::NotFound`] if the link is not valid, [`ErrorCode::TooMany`] if the client has made too many requests.
pub async fn link(secret: &str) -> Result<(Web, ResultAccess), ApiError> {
    let (web, client) = stranger()?;
    let access = open_share_link(&web.gas, secret, client.0).await?;
    Ok((web, access))
}

fn web() -> Result<Web, ApiError> {
    extension()
}

/// Returns the session of the request.
///
/// # Errors
/// If called outside a request.
pub fn session() -> Result<Session, ApiError> {
    extension()
}

fn extension<T: Clone + Send + Sync + 'static>() -> Result<T, ApiError> {
    let context = FullstackContext::current();
    context.and_then(|context| context.extension::<T>()).ok_or_else(|| {
        errors::internal(&std::io::Error::other("a server function ran outside a request"))
    })
}

async fn signed_in(web: &Web, session: &Session) -> Result<Option<Account>, ApiError> {
    let account = session.account(&web.gas).await?;
    if let Some(account) = &account {
        Span::current().record("user_id", display(account.id));
    }
    Ok(account)
}
