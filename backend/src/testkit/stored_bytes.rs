//! The bytes that users store in memory, and the contract of the port.

use super::lock;
use crate::ports::{PortResult, StoredBytes, StoredCount};
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Mutex;

/// Sums in memory.
#[derive(Debug, Default)]
pub struct FakeStoredBytes {
    sums: Mutex<HashMap<UserId, StoredCount>>,
    counts: Mutex<usize>,
}

impl FakeStoredBytes {
    /// How often a count was stored.
    pub fn counts(&self) -> usize {
        *lock(&self.counts)
    }
}

#[async_trait]
impl StoredBytes for FakeStoredBytes {
    async fn reserve(
        &self,
        user: UserId,
        bytes: u64,
        limit: u64,
        since: Timestamp,
    ) -> PortResult<bool> {
        let mut sums = lock(&self.sums);
        let Some(sum) = sums.get_mut(&user) else { return Ok(false) };
        let fits = sum.bytes + bytes <= limit && sum.counted_at >= since;
        if fits {
            sum.bytes += bytes;
        }
        Ok(fits)
    }

    async fn get(&self, user: UserId) -> PortResult<Option<StoredCount>> {
        Ok(lock(&self.sums).get(&user).copied())
    }

    async fn put(&self, user: UserId, count: StoredCount) -> PortResult<()> {
        let mut sums = lock(&self.sums);
        let sum = sums.entry(user).or_insert(count);
        if sum.counted_at < count.counted_at {
            *sum = count;
        }
        *lock(&self.counts) += 1;
        Ok(())
    }
}

/// Checks that an adapter fulfills the contract of the port, with a user who has a profile and no
/// count.
///
/// # Panics
/// If it does not.
#[expect(clippy::unwrap_used, reason = "this is for tests only")]
pub async fn stored_bytes_contract(stored: &dyn StoredBytes, user: UserId) {
    let counted_at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000_000);
    let second = SignedDuration::from_secs(1);
    assert_eq!(stored.get(user).await.unwrap(), None);
    assert!(!stored.reserve(user, 1, 100, counted_at).await.unwrap(), "never counted");

    stored.put(user, StoredCount { bytes: 40, counted_at }).await.unwrap();
    assert!(!stored.reserve(user, 1, 100, counted_at + second).await.unwrap(), "too old");
    assert!(!stored.reserve(user, 61, 100, counted_at).await.unwrap(), "too much");
    assert!(stored.reserve(user, 10, 100, counted_at).await.unwrap());
    let expected = StoredCount { bytes: 50, counted_at };
    assert_eq!(stored.get(user).await.unwrap(), Some(expected), "rejections add nothing");

    let calls = (0..8).map(|_| stored.reserve(user, 10, 100, counted_at));
    let outcomes = futures::future::join_all(calls).await;
    let reserved = outcomes.into_iter().filter(|outcome| *outcome.as_ref().unwrap());
    assert_eq!(reserved.count(), 5, "concurrent calls do not exceed the limit");

    let recounted = StoredCount { bytes: 5, counted_at: counted_at + second };
    stored.put(user, recounted).await.unwrap();
    assert_eq!(stored.get(user).await.unwrap(), Some(recounted));

    // Another process began to count earlier and ends later.
    assert!(stored.reserve(user, 10, 100, counted_at).await.unwrap());
    for counted_at in [counted_at, recounted.counted_at] {
        stored.put(user, StoredCount { bytes: 0, counted_at }).await.unwrap();
    }
    let kept = StoredCount { bytes: 15, ..recounted };
    assert_eq!(stored.get(user).await.unwrap(), Some(kept), "the newest count is kept");
}

#[tokio::test]
async fn the_in_memory_sums_fulfill_the_contract() {
    let user = UserId::new(uuid::Uuid::new_v4());
    stored_bytes_contract(&FakeStoredBytes::default(), user).await;
}
