//! Where the API tokens are kept.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::token::{Scope, TokenView};
use gas_shared::{TokenId, UserId};
use jiff::Timestamp;

/// The API tokens, by the hashes of their secrets.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Keeps a token, unless its owner has `max` that can be used, also where many ask at once. Says
    /// whether it did; an error where the owner has no profile (any more).
    async fn insert(&self, token: &TokenRow, max: u16) -> PortResult<bool>;

    /// A user's tokens, newest first.
    async fn tokens_of(&self, owner: UserId) -> PortResult<Vec<TokenView>>;

    /// Ends a user's token by deleting it. `false` where they have none of that id.
    async fn revoke(&self, owner: UserId, id: TokenId) -> PortResult<bool>;

    /// The token whose secret has that hash, unless it is expired at `now`.
    async fn find_by_hash(&self, hash: &str, now: Timestamp) -> PortResult<Option<ActiveToken>>;

    /// Notes that a token is used at `now`, to the minute.
    async fn mark_used(&self, id: TokenId, now: Timestamp) -> PortResult<()>;
}

/// A token to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Whose it is.
    pub owner: UserId,
    /// The SHA-256 of its secret, in hex.
    pub hash: String,
    /// What its owner sees of it.
    pub token: TokenView,
}

/// A token that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub owner: UserId,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}
