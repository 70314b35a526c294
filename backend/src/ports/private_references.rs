//! The port of the table of private references.

use super::{PortResult, WriteOutcome};
use async_trait::async_trait;
use gas_shared::UserId;
use gas_shared::private_reference::PrivateReference;
use gas_shared::reference::ReferenceId;
use jiff::Timestamp;

/// The table of private references. Writes are conditional on the version that was read.
#[async_trait]
pub trait PrivateReferenceStore: Send + Sync {
    /// All references of a user, by id, read consistently.
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<PrivateReference>>;

    /// A reference, read consistently.
    async fn find(&self, owner: UserId, id: &ReferenceId) -> PortResult<Option<PrivateReference>>;

    /// Writes a new reference; [`WriteOutcome::Conflict`] if its owner has one with this id. Inserting an
    /// identical row again counts as written.
    async fn insert(&self, reference: &PrivateReference) -> PortResult<WriteOutcome>;

    /// Writes the next version of a reference; [`WriteOutcome::Conflict`] if the row is not at the version
    /// before it. Replacing by an identical row again counts as written.
    async fn replace(&self, reference: &PrivateReference) -> PortResult<WriteOutcome>;

    /// Deletes a reference; [`WriteOutcome::Conflict`] if the row is at another version. Deleting an absent
    /// row counts as written.
    async fn delete(&self, reference: &PrivateReference) -> PortResult<WriteOutcome>;

    /// References past their [`PrivateReference::due`], longest overdue first, at most 1,000. Eventually
    /// consistent.
    async fn overdue(&self, now: Timestamp) -> PortResult<Vec<(UserId, ReferenceId)>>;
}
