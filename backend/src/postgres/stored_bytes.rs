//! The port [`StoredBytes`] on PostgreSQL.

use super::{failed_query, seconds};
use crate::ports::{PortResult, StoredBytes, StoredCount};
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::Timestamp;
use sqlx::postgres::PgPool;

const RESERVE: &str = "
    update stored_bytes set bytes = bytes + $2
    where user_id = $1 and bytes + $2 <= $3 and counted >= to_timestamp($4)";

const GET: &str =
    "select bytes, extract(epoch from counted)::bigint from stored_bytes where user_id = $1";

const PUT: &str = "
    insert into stored_bytes (user_id, bytes, counted) values ($1, $2, to_timestamp($3))
    on conflict (user_id) do update set bytes = excluded.bytes, counted = excluded.counted
    where stored_bytes.counted < excluded.counted";

/// The sums in table `stored_bytes`.
#[derive(Clone, Debug)]
pub struct PostgresStoredBytes {
    pool: PgPool,
}

impl PostgresStoredBytes {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

/// PostgreSQL has signed integers only.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[async_trait]
impl StoredBytes for PostgresStoredBytes {
    async fn reserve(
        &self,
        user: UserId,
        bytes: u64,
        limit: u64,
        since: Timestamp,
    ) -> PortResult<bool> {
        let query = sqlx::query(RESERVE).bind(user.as_uuid()).bind(signed(bytes));
        let done = query.bind(signed(limit)).bind(seconds(since)).execute(&self.pool).await;
        let done =
            done.map_err(|error| failed_query(format!("reserve storage for {user}"), error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn get(&self, user: UserId) -> PortResult<Option<StoredCount>> {
        let failed = |error| failed_query(format!("read the stored bytes of {user}"), error);
        let query = sqlx::query_as::<_, (i64, i64)>(GET).bind(user.as_uuid());
        let Some((bytes, counted)) = query.fetch_optional(&self.pool).await.map_err(failed)? else {
            return Ok(None);
        };
        let counted_at = Timestamp::from_second(counted)
            .map_err(|error| failed(sqlx::Error::Decode(error.into())))?;
        Ok(Some(StoredCount { bytes: bytes.max(0).unsigned_abs(), counted_at }))
    }

    async fn put(&self, user: UserId, count: StoredCount) -> PortResult<()> {
        let query = sqlx::query(PUT).bind(user.as_uuid()).bind(signed(count.bytes));
        let done = query.bind(seconds(count.counted_at)).execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("store the stored bytes of {user}"), error))?;
        Ok(())
    }
}
