//! The port [`RateLimiter`] on PostgreSQL.

use super::failed_query;
use crate::ports::{PortResult, Rate, RateLimiter};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sqlx::postgres::PgPool;

/// The generic cell rate algorithm, in one statement. $1 is the key, $2 the current time, $3 the step of one
/// use and $4 the period, in microseconds. The row is locked while it is checked and updated.
const COUNT: &str = "
    with counted as (
        insert into rate_limits as limits (key, busy_until) values ($1, $2 + $3)
        on conflict (key) do update set busy_until = greatest(limits.busy_until, $2) + $3
            where greatest(limits.busy_until, $2) + $3 <= $2 + $4
        returning busy_until)
    select exists (select from counted),
        coalesce((select busy_until from rate_limits where key = $1), $2 + $4)";

const REFUND: &str = "update rate_limits set busy_until = busy_until - $2 where key = $1";

const PRUNE: &str = "delete from rate_limits where busy_until < $1";

/// The rate limits in table `rate_limits`.
#[derive(Clone, Debug)]
pub struct PostgresRateLimiter {
    pool: PgPool,
}

impl PostgresRateLimiter {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl RateLimiter for PostgresRateLimiter {
    async fn count(
        &self,
        key: &str,
        rate: Rate,
        now: Timestamp,
    ) -> PortResult<Option<SignedDuration>> {
        let now = now.as_microsecond();
        let (step, period) = (rate.step_micros(), rate.period_micros());
        let query = sqlx::query_as(COUNT).bind(key).bind(now).bind(step).bind(period);
        let counted = query.fetch_one(&self.pool).await;
        let (is_counted, busy_until): (bool, i64) =
            counted.map_err(|error| failed_query("count towards a rate limit", error))?;
        // The time of a rejection is read from the state before the statement, which another call may have
        // changed: the wait is never too short by more than one step.
        let wait = (busy_until + step - period - now).max(1);
        Ok((!is_counted).then(|| SignedDuration::from_micros(wait)))
    }

    async fn refund(&self, key: &str, rate: Rate) -> PortResult<()> {
        let query = sqlx::query(REFUND).bind(key).bind(rate.step_micros());
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query("take back a use of a rate limit", error))?;
        Ok(())
    }

    async fn prune(&self, now: Timestamp) -> PortResult<u64> {
        let done = sqlx::query(PRUNE).bind(now.as_microsecond()).execute(&self.pool).await;
        let done = done.map_err(|error| failed_query("prune the rate limits", error))?;
        Ok(done.rows_affected())
    }
}
