//! The token store in memory.

use super::lock;
use crate::ports::{ActiveToken, PortResult, TokenRow, TokenStore};
use async_trait::async_trait;
use gas_shared::token::TokenView;
use gas_shared::{TokenId, UserId};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::sync::Mutex;

/// A token store in memory.
#[derive(Debug, Default)]
pub struct FakeTokens(Mutex<Vec<TokenRow>>);

impl FakeTokens {
    /// Deletes all tokens of a user.
    pub(super) fn remove_all(&self, owner: UserId) {
        lock(&self.0).retain(|row| row.owner != owner);
    }
}

#[async_trait]
impl TokenStore for FakeTokens {
    async fn insert(&self, row: &TokenRow, max: u16) -> PortResult<bool> {
        let mut rows = lock(&self.0);
        let now = row.token.created_at;
        let usable = |one: &&TokenRow| one.owner == row.owner && one.token.expires_at > now;
        let fits = rows.iter().filter(usable).count() < usize::from(max);
        if fits {
            rows.push(row.clone());
        }
        Ok(fits)
    }

    async fn tokens_of(&self, owner: UserId) -> PortResult<Vec<TokenView>> {
        let rows = lock(&self.0);
        let mut tokens: Vec<_> =
            rows.iter().filter(|row| row.owner == owner).map(|row| row.token.clone()).collect();
        tokens.sort_by_key(|token| Reverse(token.created_at));
        Ok(tokens)
    }

    async fn revoke(&self, owner: UserId, id: TokenId) -> PortResult<bool> {
        let mut rows = lock(&self.0);
        let before = rows.len();
        rows.retain(|row| row.owner != owner || row.token.id != id);
        Ok(rows.len() < before)
    }

    async fn find_by_hash(&self, hash: &str, now: Timestamp) -> PortResult<Option<ActiveToken>> {
        let rows = lock(&self.0);
        let row = rows.iter().find(|row| row.hash == hash && row.token.expires_at > now);
        Ok(row.map(|row| ActiveToken {
            id: row.token.id,
            owner: row.owner,
            scopes: row.token.scopes.clone(),
            last_used_at: row.token.last_used_at,
        }))
    }

    async fn mark_used(&self, id: TokenId, now: Timestamp) -> PortResult<()> {
        if let Some(row) = lock(&self.0).iter_mut().find(|row| row.token.id == id) {
            row.token.last_used_at = Some(now);
        }
        Ok(())
    }
}
