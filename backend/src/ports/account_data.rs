//! The port of the data stored about users besides their jobs: for export and erasure.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::Timestamp;
use serde::Serialize;

/// Users' data, and accounts that are being closed.
#[async_trait]
pub trait AccountData: Send + Sync {
    /// A page of the mails sent to a user, in the order of their events, after the event `after`.
    async fn mails_of(
        &self,
        user: UserId,
        after: Option<&str>,
        limit: u16,
    ) -> PortResult<Vec<MailRecord>>;

    /// Records that a user closes their account, and ends all their sessions, tokens and share links.
    /// From then on [`Accounts`](super::Accounts) treats the user as unknown. `false` if there is no such
    /// user.
    async fn request_deletion(&self, user: UserId, now: Timestamp) -> PortResult<bool>;

    /// A page of the accounts that are being closed, in the order of their IDs, after the ID
    /// `after`. Paging to the end visits every account, even if some cannot be erased yet.
    async fn closing_accounts(
        &self,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<ClosingAccount>>;

    /// Deletes the profile and the mails of an account that is being closed and whose billing is
    /// closed, and remembers it as closed at `now`. Does nothing to other accounts.
    async fn purge(&self, user: UserId, now: Timestamp) -> PortResult<()>;

    /// A page of the accounts that were purged and not forgotten, in the order of their IDs, after the
    /// ID `after`.
    async fn closed_accounts(
        &self,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<ClosedAccount>>;

    /// Some users whose jobs may have ended before GAS gave ended jobs a
    /// deadline, in any order.
    async fn users_without_retention(&self, limit: u16) -> PortResult<Vec<UserId>>;

    /// Records that all ended jobs of a user have a deadline.
    async fn mark_retention(&self, user: UserId) -> PortResult<()>;

    /// Forgets a closed account. Does nothing if the account was closed again meanwhile.
    async fn forget_closed(&self, closed: &ClosedAccount) -> PortResult<()>;
}

/// An account whose profile was deleted. It is remembered for requests that were in flight then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedAccount {
    /// The user.
    pub user: UserId,
    /// When the profile was deleted, to the second.
    pub purged_at: Timestamp,
}

/// A mail as shown to its recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailRecord {
    /// The event that the mail reports.
    pub event: String,
    /// When the mail was recorded.
    pub created_at: Timestamp,
    /// When the mail was sent; `None` if it was not sent.
    pub sent_at: Option<Timestamp>,
}

/// An account that is being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingAccount {
    /// The user.
    pub user: UserId,
    /// When the user closed the account.
    pub requested_at: Timestamp,
    /// Whether Stripe can no longer charge the user.
    pub billing_closed: bool,
}
