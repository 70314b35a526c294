//! The quota of bytes that a user stores: inputs and results, in S3 and in the archive.
//!
//! The sum is counted from the user's rows in the job table, so it cannot drift: whatever deletes,
//! archives, restores or loses a file changes a row. A count is used for some minutes, and uploads that
//! begin meanwhile are added to it. Before an upload is rejected, the bytes are counted again.

use crate::Gas;
use crate::ports::{PortResult, StoredCount};
use gas_shared::UserId;
use jiff::SignedDuration;

/// How long a count is used.
const MAX_AGE: SignedDuration = SignedDuration::from_mins(5);

/// How long a count is used to reject an upload. Users who delete jobs can soon upload again, and cannot
/// cause a count with every request.
const MAX_AGE_OF_REJECTION: SignedDuration = SignedDuration::from_secs(10);

/// The answer to a request for storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reservation {
    /// The upload is counted.
    Made,
    /// The upload would exceed the limit.
    Rejected {
        /// The bytes that the user stores.
        used: u64,
    },
}

/// Adds the size of a new upload to the bytes that a user stores, up to `limit` bytes.
pub(super) async fn reserve_storage(
    gas: &Gas,
    user: UserId,
    size: u64,
    limit: u64,
) -> PortResult<Reservation> {
    let now = gas.now();
    if gas.stored_bytes.reserve(user, size, limit, now - MAX_AGE).await? {
        return Ok(Reservation::Made);
    }
    let known = gas.stored_bytes.get(user).await?;
    let used =
        match known.filter(|known| now.duration_since(known.counted_at) < MAX_AGE_OF_REJECTION) {
            Some(known) => known.bytes,
            None => {
                let bytes = count(gas, user).await?;
                gas.stored_bytes.put(user, StoredCount { bytes, counted_at: now }).await?;
                bytes
            }
        };
    // This or another request has counted since the first try.
    if gas.stored_bytes.reserve(user, size, limit, now - MAX_AGE).await? {
        return Ok(Reservation::Made);
    }
    Ok(Reservation::Rejected { used })
}

/// Counts the bytes that a user stores.
async fn count(gas: &Gas, user: UserId) -> PortResult<u64> {
    let jobs = gas.jobs.store.list_entries(user).await?;
    Ok(jobs.iter().map(|job| job.input_bytes() + job.result_size).sum())
}

#[cfg(test)]
#[path = "stored_bytes_tests.rs"]
mod tests;
