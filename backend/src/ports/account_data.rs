//! What is kept of users beside their jobs, to hand it out and to delete it.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::Timestamp;
use serde::Serialize;

/// What is kept of users, and accounts that are being deleted.
#[async_trait]
pub trait AccountData: Send + Sync {
    /// A user's mails in the order of their events, after that of `after`.
    async fn mails_of(
        &self,
        user: UserId,
        after: Option<&str>,
        limit: u16,
    ) -> PortResult<Vec<MailRecord>>;

    /// Notes that a user's account is to be deleted, and ends all their sessions and tokens. From
    /// then on [`Accounts`](super::Accounts) do not know them. `false` where there is no such user.
    async fn request_deletion(&self, user: UserId, now: Timestamp) -> PortResult<bool>;

    /// Accounts that are being deleted, in the order of their ids, after that of `after`. Whoever
    /// goes on until there are none has seen all, however many of them cannot be finished.
    async fn closing_accounts(
        &self,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<ClosingAccount>>;

    /// Deletes what is left of an account whose deletion was asked for and whose billing is closed.
    async fn purge(&self, user: UserId) -> PortResult<()>;
}

/// A mail, as its reader is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailRecord {
    /// The event that it told of.
    pub event: String,
    /// When it was noted.
    pub created_at: Timestamp,
    /// When it was sent; `None` where it was not.
    pub sent_at: Option<Timestamp>,
}

/// An account that is being deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingAccount {
    /// Whose.
    pub user: UserId,
    /// When they asked for it.
    pub requested_at: Timestamp,
    /// Whether nothing can be charged any more.
    pub billing_closed: bool,
}
