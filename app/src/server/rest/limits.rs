//! Rate limits of the API.
//!
//! Each web process counts separately, so behind a load balancer the effective limit is at most the
//! limit times the number of processes. That is enough to bound the load of a runaway script.

use super::problem::{Code, Problem};
use axum::http::{HeaderValue, header};
use gas_shared::{TokenId, UserId};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

/// Calls that one token may make in a burst, and per minute after that.
pub const CALLS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(120).expect("is not zero");

/// Jobs that one user may create in a burst, and per minute after that.
pub const JOBS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).expect("is not zero");

/// Above this number of keys, keys that are no longer used are dropped.
const MAX_TRACKED_KEYS: usize = 10_000;

/// The counters of one process.
pub struct Limits {
    calls: DefaultKeyedRateLimiter<TokenId>,
    jobs: DefaultKeyedRateLimiter<UserId>,
    clock: DefaultClock,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: DefaultKeyedRateLimiter::keyed(Quota::per_minute(CALLS_PER_MINUTE)),
            jobs: DefaultKeyedRateLimiter::keyed(Quota::per_minute(JOBS_PER_MINUTE)),
            clock: DefaultClock::default(),
        }
    }
}

impl Limits {
    /// Counts a call with a token.
    ///
    /// # Errors
    /// [`Code::RateLimited`] with the time to wait, if the limit is exceeded.
    pub fn call(&self, token: TokenId) -> Result<(), Problem> {
        self.count(&self.calls, &token, "the token is", CALLS_PER_MINUTE)
    }

    /// Counts a job created by a user.
    ///
    /// # Errors
    /// [`Code::RateLimited`] with the time to wait, if the limit is exceeded.
    pub fn job(&self, user: UserId) -> Result<(), Problem> {
        self.count(&self.jobs, &user, "new jobs are", JOBS_PER_MINUTE)
    }

    fn count<K: Clone + Eq + Hash>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
        what: &str,
        per_minute: NonZeroU32,
    ) -> Result<(), Problem> {
        if limiter.len() > MAX_TRACKED_KEYS {
            limiter.retain_recent();
        }
        limiter.check_key(key).map_err(|refused| {
            let left = refused.wait_time_from(self.clock.now());
            let seconds = whole_seconds(left);
            let text = format!("{what} limited to {per_minute} per minute; wait {seconds} s");
            Problem::new(Code::RateLimited, text)
                .with(header::RETRY_AFTER, HeaderValue::from(seconds))
        })
    }
}

/// Rounds up to whole seconds, at least one, so that a caller who waits this long is not rejected.
fn whole_seconds(left: Duration) -> u64 {
    (left.as_secs() + u64::from(left.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_rate_limit_applies_to_each_token_separately() {
        let limits = Limits::default();
        let (busy, other) = (TokenId::new(Uuid::from_u128(1)), TokenId::new(Uuid::from_u128(2)));
        let refused = (0..=CALLS_PER_MINUTE.get()).find_map(|_| limits.call(busy).err());
        assert!(refused.is_some(), "a call over the limit is rejected");
        assert_eq!(limits.call(other), Ok(()));
    }

    #[test]
    fn waits_are_rounded_up() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1001)), 2);
        assert_eq!(whole_seconds(Duration::ZERO), 1);
    }
}
