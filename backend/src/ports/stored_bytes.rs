//! The port of the bytes that users store.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::Timestamp;

/// The bytes that each user stores, as last counted from the job table, plus the sizes of uploads
/// that began since. The job table is the source of truth; this is a cache of sums over it.
#[async_trait]
pub trait StoredBytes: Send + Sync {
    /// Adds the size of a new upload, if the sum then stays within `limit` and was counted at or after
    /// `since`. Returns whether it was added. Concurrent calls do not exceed the limit.
    async fn reserve(
        &self,
        user: UserId,
        bytes: u64,
        limit: u64,
        since: Timestamp,
    ) -> PortResult<bool>;

    /// The current sum; `None` if the user's bytes were never counted.
    async fn get(&self, user: UserId) -> PortResult<Option<StoredCount>>;

    /// Replaces the sum by a new count, unless another one was made in the same second or later; that one
    /// may have uploads added that the new count does not know. The user must have a profile.
    async fn put(&self, user: UserId, count: StoredCount) -> PortResult<()>;
}

/// The bytes that a user stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredCount {
    /// The sum.
    pub bytes: u64,
    /// When it was counted, in whole seconds.
    pub counted_at: Timestamp,
}
