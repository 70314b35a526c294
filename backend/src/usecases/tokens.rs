//! API tokens: made, listed and revoked by their owner, and shown by the programs that have one.

use crate::Gas;
use crate::ports::{ActiveToken, PortError, TokenRow};
use crate::token_secret::TokenSecret;
use gas_shared::token::{
    CreatedToken, MAX_TOKEN_DAYS, MAX_TOKEN_NAME_CHARS, NewToken, Scope, TokenView,
};
use gas_shared::{Account, TokenId, UserId};
use jiff::SignedDuration;
use uuid::Uuid;

/// How many tokens a user may have at a time that can be used.
pub const MAX_TOKENS: u16 = 50;

/// How exact [`TokenView::last_used_at`] is: a busy token is not written at each call.
const USED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Why a token was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is empty, too long, or has control characters.
    #[error("a token needs a name of 1 to {MAX_TOKEN_NAME_CHARS} characters")]
    Name,
    /// It would allow nothing.
    #[error("choose what the token allows")]
    NoScope,
    /// It would not expire when it should.
    #[error("a token lasts 1 to {MAX_TOKEN_DAYS} days; {0} is not allowed")]
    Days(u16),
    /// There are enough.
    #[error("you have {MAX_TOKENS} tokens; revoke one that you do not need")]
    TooMany,
    /// The user has no such token, or it is revoked.
    #[error("there is no token {0}")]
    NotFound(TokenId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes a token. Its secret is in the answer and nowhere else.
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
    tracing::info!(user = %owner, token = %row.token.id, "token made");
    Ok(CreatedToken { secret: secret.expose().to_owned(), token: row.token })
}

/// A user's tokens that are not revoked, expired ones too, newest first.
///
/// # Errors
/// Where the store fails.
pub async fn list_tokens(gas: &Gas, owner: UserId) -> Result<Vec<TokenView>, PortError> {
    gas.tokens.tokens_of(owner).await
}

/// Ends a token at once.
///
/// # Errors
/// [`TokenError::NotFound`] also for another user's token.
pub async fn revoke_token(gas: &Gas, owner: UserId, id: TokenId) -> Result<(), TokenError> {
    if !gas.tokens.revoke(owner, id).await? {
        return Err(TokenError::NotFound(id));
    }
    tracing::info!(user = %owner, token = %id, "token revoked");
    Ok(())
}

/// Who calls with a token, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCaller {
    /// The token.
    pub token: TokenId,
    /// Its owner, read afresh.
    pub account: Account,
    /// What it allows.
    pub scopes: Vec<Scope>,
}

/// Finds out whose token that is; `None` where it is nobody's, expired, revoked, or its owner is
/// gone: which of these is not told.
///
/// The work does not depend on how much of a secret is right: what is mistyped fails its checksum,
/// and all else is one look at the index of SHA-256 hashes, of which nobody can choose a part.
///
/// # Errors
/// Where a store fails.
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
