//! The port of browser sessions.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::{Plan, UserId};
use jiff::Timestamp;

/// The sessions of signed-in browsers, stored by the hash of their id: an id authenticates its
/// holder, so it is not stored. Times are stored to the second.
///
/// Apart from [`SessionStore::create`] and [`SessionStore::replace`], which need the profile of the
/// user, no method inserts: a request that races with a sign-out cannot bring the session back.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Stores a new session. `false` if the user has no profile or is closing the account.
    async fn create(&self, session: &NewSession) -> PortResult<bool>;

    /// The session with this hash, unless it has expired at `now`.
    async fn find(&self, hash: &str, now: Timestamp) -> PortResult<Option<StoredSession>>;

    /// Records the use of a session at `seen`, which then expires at `expires`. Does nothing if the
    /// session is gone or retired, or was used after `unless_after`. Returns whether it was
    /// recorded.
    async fn touch(
        &self,
        hash: &str,
        seen: Timestamp,
        expires: Timestamp,
        unless_after: Timestamp,
    ) -> PortResult<bool>;

    /// Gives a session another id: stores a successor with the hash `new`, on `plan`. The session
    /// itself remains usable until the successor is used, since the response with the new id may be
    /// lost. `false` if the session is gone or retired, or the account is being closed.
    async fn replace(&self, hash: &str, new: &str, plan: Plan) -> PortResult<bool>;

    /// Ends the predecessor of a session at `expires`, at the latest.
    async fn retire_predecessor(&self, hash: &str, expires: Timestamp) -> PortResult<()>;

    /// Ends a session, its predecessors and its successors, and returns its user.
    async fn end(&self, hash: &str) -> PortResult<Option<UserId>>;

    /// Ends all sessions of a user.
    async fn end_all(&self, user: UserId) -> PortResult<()>;

    /// The number of sign-ins of a user that have sessions at `now`.
    async fn count(&self, user: UserId, now: Timestamp) -> PortResult<u64>;

    /// Records that the state of a sign-in was used, until `expires`. `false` if it was used before.
    async fn use_state(&self, state: &str, expires: Timestamp) -> PortResult<bool>;

    /// Deletes what has expired at `now` and returns the number of sessions deleted.
    async fn delete_expired(&self, now: Timestamp) -> PortResult<u64>;
}

/// A session to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The hash of the id.
    pub hash: String,
    /// The user.
    pub user: UserId,
    /// When the user signed in.
    pub since: Timestamp,
    /// The user's plan.
    pub plan: Plan,
    /// When the session expires, unless it is used.
    pub expires: Timestamp,
}

/// A session that has not expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// The user.
    pub user: UserId,
    /// When the user signed in.
    pub since: Timestamp,
    /// The plan for which the id was issued; `None` if the previous version of GAS issued it.
    pub plan: Option<Plan>,
    /// When the session was last used, to the minute.
    pub last_seen: Option<Timestamp>,
    /// Whether the session replaces another one.
    pub is_successor: bool,
    /// Whether another session has replaced this one.
    pub retired: bool,
}
