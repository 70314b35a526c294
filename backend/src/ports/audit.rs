//! The port of the audit log.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::UserId;
use gas_shared::audit::AuditRecord;
use jiff::Timestamp;

/// The audit log: who did what to an account, when, and from where. It is append-only; entries are
/// removed 400 days after they were written, and never changed.
///
/// The entries of an account become anonymous when its profile is deleted.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Adds an entry.
    async fn append(&self, entry: &AuditEntry) -> PortResult<()>;

    /// A page of a user's entries, newest first, before the entry `before`.
    async fn entries_of(
        &self,
        user: UserId,
        before: Option<i64>,
        limit: u16,
    ) -> PortResult<Vec<(i64, AuditRecord)>>;

    /// Removes the entries that are older than 400 days, and returns their number.
    async fn prune(&self, now: Timestamp) -> PortResult<u64>;
}

/// An entry to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The account that the act concerns; `None` for a sign-in that failed before the user was known.
    pub account: Option<UserId>,
    /// The operator who acted, if one did.
    pub operator: Option<UserId>,
    /// The part that the user sees, too.
    pub record: AuditRecord,
    /// The keyed hash of the client's IP address.
    pub address: Option<String>,
    /// The id of the request, as in the log.
    pub request_id: Option<String>,
}
