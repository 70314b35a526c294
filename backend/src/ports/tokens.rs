//! The port of API tokens.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::token::{Scope, TokenView};
use gas_shared::{TokenId, UserId};
use jiff::Timestamp;

/// The API tokens, stored by the hash of their secret.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Stores a token unless its owner already has `max` active tokens. The limit holds for
    /// concurrent calls too. Returns whether the token was stored.
    ///
    /// # Errors
    /// If the owner has no profile (any longer).
    async fn insert(&self, token: &TokenRow, max: u16) -> PortResult<bool>;

    /// A user's tokens, newest first.
    async fn tokens_of(&self, owner: UserId) -> PortResult<Vec<TokenView>>;

    /// Revokes a user's token by deleting it. `false` if the user has no token with that ID.
    async fn revoke(&self, owner: UserId, id: TokenId) -> PortResult<bool>;

    /// The token with this secret hash, unless it has expired at `now`.
    async fn find_by_hash(&self, hash: &str, now: Timestamp) -> PortResult<Option<ActiveToken>>;

    /// Records the use of a token, to the minute.
    async fn mark_used(&self, id: TokenId, now: Timestamp) -> PortResult<()>;
}

/// A token to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// The owner.
    pub owner: UserId,
    /// The SHA-256 of the secret, in hex.
    pub hash: String,
    /// The part that the owner sees.
    pub token: TokenView,
}

/// A token that has not expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveToken {
    /// The token's ID.
    pub id: TokenId,
    /// The owner.
    pub owner: UserId,
    /// The permissions.
    pub scopes: Vec<Scope>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}
