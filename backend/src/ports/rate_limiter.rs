//! The port that counts how often something is done, for all processes together.

use super::PortResult;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// How often something may be done: `count` times at once, and after that evenly over the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The number of times.
    pub count: u32,
    /// The period.
    pub period: SignedDuration,
}

impl Rate {
    /// A rate. A count of zero counts as one.
    pub const fn new(count: u32, period: SignedDuration) -> Self {
        Self { count: if count == 0 { 1 } else { count }, period }
    }

    /// The period in microseconds.
    pub(crate) fn period_micros(self) -> i64 {
        i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX)
    }

    /// The time after which one more use is possible, in microseconds.
    pub(crate) fn step_micros(self) -> i64 {
        (self.period_micros() / i64::from(self.count)).max(1)
    }
}

/// Counts uses by key. Keys do not affect each other.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts a use and returns `None`, or rejects it and returns the time after which it is possible.
    /// Concurrent calls, also of other processes, do not exceed the rate. A key must always be used with
    /// the same period.
    async fn count(
        &self,
        key: &str,
        rate: Rate,
        now: Timestamp,
    ) -> PortResult<Option<SignedDuration>>;

    /// Takes one use back.
    async fn refund(&self, key: &str, rate: Rate) -> PortResult<()>;

    /// Deletes the keys that do not limit anything any more. Returns their number.
    async fn prune(&self, now: Timestamp) -> PortResult<u64>;
}
