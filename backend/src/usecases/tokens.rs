//! API tokens: creates, lists, revokes and authenticates them.

use super::limits::{LimitError, count_token};
use crate::Gas;
use crate::audit::{Act, Actor};
use crate::ports::{ActiveToken, PortError, TokenRow};
use crate::secrets::TokenSecret;
use gas_shared::token::{
    CreatedToken, MAX_TOKEN_DAYS, MAX_TOKEN_NAME_CHARS, NewToken, Scope, TokenView,
};
use gas_shared::{Account, TokenId, UserId};
use jiff::SignedDuration;
use uuid::Uuid;

/// The number of valid tokens that a user may have.
pub const MAX_TOKENS: u16 = 50;

/// The resolution of [`TokenView::last_used_at`], so that a busy token is not written at every
/// call.
const USED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The reason why a token was not created or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is empty, too long, or contains control characters.
    #[error("a token needs a name of 1 to {MAX_TOKEN_NAME_CHARS} characters")]
    Name,
    /// The token has no scope.
    #[error("choose at least one permission")]
    NoScope,
    /// The token would have the scope `admin`, and the owner is no operator.
    #[error("only operators can create tokens with the scope admin")]
    NotOperator,
    /// The lifetime is out of range.
    #[error("a token is valid for 1 to {MAX_TOKEN_DAYS} days; {0} is not allowed")]
    Days(u16),
    /// The user has too many tokens.
    #[error("you already have {MAX_TOKENS} tokens; revoke one that you do not need")]
    TooMany,
    /// The user has no such token, or it is revoked.
    #[error("there is no token {0}")]
    NotFound(TokenId),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Creates a token. Its secret is returned once and not stored.
///
/// # Errors
/// [`TokenError`].
pub async fn create_token(
    gas: &Gas,
    owner: UserId,
    new: NewToken,
) -> Result<CreatedToken, TokenError> {
    let name = new.name.trim().to_owned();
    let named = (1..=MAX_TOKEN_NAME_CHARS).contains(&name.chars().count());
    if !named || name.chars().any(char::is_control) {
        return Err(TokenError::Name);
    }
    if !(1..=MAX_TOKEN_DAYS).contains(&new.days) {
        return Err(TokenError::Days(new.days));
    }
    let scopes: Vec<Scope> =
        Scope::ALL.into_iter().filter(|scope| new.scopes.contains(scope)).collect();
    if scopes.is_empty() {
        return Err(TokenError::NoScope);
    }
    if scopes.contains(&Scope::Admin) && !gas.administration.is_operator(owner, gas.now()).await? {
        return Err(TokenError::NotOperator);
    }
    count_token(gas, owner).await?;
    let secret = TokenSecret::mint()?;
    let created_at = gas.now();
    let token = TokenView {
        id: TokenId::new(Uuid::new_v4()),
        name,
        prefix: secret.shown().to_owned(),
        scopes,
        created_at,
        expires_at: created_at + SignedDuration::from_hours(24 * i64::from(new.days)),
        last_used_at: None,
    };
    let row = TokenRow { owner, hash: secret.hash(), token };
    if !gas.tokens.insert(&row, MAX_TOKENS).await? {
        return Err(TokenError::TooMany);
    }
    tracing::info!(user_id = %owner, token_id = %row.token.id, "token created");
    gas.audit.record(Actor::User, owner, Act::TokenCreated(row.token.id)).await;
    Ok(CreatedToken { secret: secret.expose().to_owned(), token: row.token })
}

/// Lists a user's tokens that are not revoked, including expired ones, newest first.
///
/// # Errors
/// If the store fails.
pub async fn list_tokens(gas: &Gas, owner: UserId) -> Result<Vec<TokenView>, PortError> {
    gas.tokens.tokens_of(owner).await
}

/// Revokes a token at once.
///
/// # Errors
/// [`TokenError::NotFound`] also for another user's token.
pub async fn revoke_token(gas: &Gas, owner: UserId, id: TokenId) -> Result<(), TokenError> {
    if !gas.tokens.revoke(owner, id).await? {
        return Err(TokenError::NotFound(id));
    }
    tracing::info!(user_id = %owner, token_id = %id, "token revoked");
    gas.audit.record(Actor::User, owner, Act::TokenRevoked(id)).await;
    Ok(())
}

/// An authenticated token, its owner and its scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCaller {
    /// The token.
    pub token: TokenId,
    /// Its owner, as currently stored.
    pub account: Account,
    /// Its scopes.
    pub scopes: Vec<Scope>,
}

/// Authenticates a token; `None` if it is unknown, expired or revoked, or its owner does not exist.
/// The caller does not learn which.
///
/// The time does not depend on how much of a secret is right: a mistyped one fails its checksum,
/// and any other is one lookup of its SHA-256 hash, which an attacker cannot choose.
///
/// # Errors
/// If a store fails.
pub async fn authenticate_token(gas: &Gas, text: &str) -> Result<Option<TokenCaller>, PortError> {
    let Some(secret) = TokenSecret::parse(text) else { return Ok(None) };
    let now = gas.now();
    let Some(found) = gas.tokens.find_by_hash(&secret.hash(), now).await? else { return Ok(None) };
    let ActiveToken { id, owner, scopes, last_used_at } = found;
    let Some(account) = gas.accounts.account(owner).await? else { return Ok(None) };
    if last_used_at.is_none_or(|at| now.duration_since(at) >= USED_EVERY) {
        gas.tokens.mark_used(id, now).await?;
    }
    Ok(Some(TokenCaller { token: id, account, scopes }))
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
