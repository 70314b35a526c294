//! A rate limiter in memory, and the contract of rate limiters.

use super::lock;
use crate::ports::{PortResult, Rate, RateLimiter};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Mutex;

/// A rate limiter in memory.
#[derive(Debug, Default)]
pub struct FakeRateLimiter(Mutex<HashMap<String, i64>>);

#[async_trait]
impl RateLimiter for FakeRateLimiter {
    async fn count(
        &self,
        key: &str,
        rate: Rate,
        now: Timestamp,
    ) -> PortResult<Option<SignedDuration>> {
        let now = now.as_microsecond();
        let mut rows = lock(&self.0);
        let busy_until = rows.get(key).copied().unwrap_or(now).max(now) + rate.step_micros();
        let excess = busy_until - now - rate.period_micros();
        if excess > 0 {
            return Ok(Some(SignedDuration::from_micros(excess)));
        }
        rows.insert(key.to_owned(), busy_until);
        Ok(None)
    }

    async fn refund(&self, key: &str, rate: Rate) -> PortResult<()> {
        if let Some(busy_until) = lock(&self.0).get_mut(key) {
            *busy_until -= rate.step_micros();
        }
        Ok(())
    }

    async fn prune(&self, now: Timestamp) -> PortResult<u64> {
        let mut rows = lock(&self.0);
        let before = rows.len();
        rows.retain(|_, busy_until| *busy_until >= now.as_microsecond());
        Ok((before - rows.len()) as u64)
    }
}

/// Checks that a rate limiter fulfills the contract of the port. `prefix` makes the keys unique.
///
/// # Panics
/// If it does not.
#[expect(clippy::unwrap_used, reason = "this is for tests only")]
pub async fn rate_limiter_contract(limiter: &dyn RateLimiter, prefix: &str) {
    let rate = Rate::new(4, SignedDuration::from_secs(60));
    // Far in the past, so that pruning does not touch the counters of a running service.
    let start = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000_000);
    let at = |secs| start + SignedDuration::from_secs(secs);
    let (key, other) = (format!("{prefix}:a"), format!("{prefix}:b"));

    for _ in 0..4 {
        assert_eq!(limiter.count(&key, rate, at(0)).await.unwrap(), None, "a burst is allowed");
    }
    let wait = limiter.count(&key, rate, at(0)).await.unwrap();
    assert_eq!(wait, Some(SignedDuration::from_secs(15)), "the next use is possible then");
    assert_eq!(limiter.count(&other, rate, at(0)).await.unwrap(), None, "keys are independent");

    let early = limiter.count(&key, rate, at(14)).await.unwrap();
    assert_eq!(early, Some(SignedDuration::from_secs(1)), "a rejected use does not count");
    assert_eq!(limiter.count(&key, rate, at(15)).await.unwrap(), None);
    assert!(limiter.count(&key, rate, at(15)).await.unwrap().is_some());

    limiter.refund(&key, rate).await.unwrap();
    assert_eq!(limiter.count(&key, rate, at(15)).await.unwrap(), None, "one use was taken back");
    assert!(limiter.count(&key, rate, at(15)).await.unwrap().is_some(), "and no more");
    limiter.refund(&format!("{prefix}:c"), rate).await.unwrap();

    let calls = (0..8).map(|_| limiter.count(&key, rate, at(1_000)));
    let outcomes = futures::future::join_all(calls).await;
    let counted = outcomes.into_iter().filter(|outcome| outcome.as_ref().unwrap().is_none());
    assert_eq!(counted.count(), 4, "concurrent calls do not exceed the rate");

    assert_eq!(limiter.prune(at(100)).await.unwrap(), 1, "only the other key is unused");
    assert!(limiter.count(&key, rate, at(1_000)).await.unwrap().is_some(), "and this one is kept");
    assert_eq!(limiter.prune(at(2_000)).await.unwrap(), 1);
}

#[tokio::test]
async fn the_in_memory_rate_limiter_fulfills_the_contract() {
    rate_limiter_contract(&FakeRateLimiter::default(), "test").await;
}
