//! Web sessions in PostgreSQL. The content of a session is opaque here; the web server defines it.

use super::seconds;
use crate::ports::{PortError, PortResult};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgPool;

/// The sessions in table `sessions`. A session ID authenticates its holder, so only its hash is
/// stored.
#[derive(Clone, Debug)]
pub struct SessionStore {
    pool: PgPool,
}

/// A stored session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRow {
    /// The web server's data.
    pub data: Value,
    /// From this time on, the session does not exist.
    pub expires: Timestamp,
}

impl SessionStore {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Stores a new session. Returns `false`, without an effect, if the ID is taken.
    ///
    /// # Errors
    /// If PostgreSQL fails.
    pub async fn create(&self, id: &str, session: &SessionRow) -> PortResult<bool> {
        const INSERT: &str = "
            insert into sessions (id, data, expires) values ($1, $2, to_timestamp($3))
            on conflict (id) do nothing";
        let done = self.write(INSERT, id, session).await;
        Ok(done.map_err(|error| PortError::new("create a session", error))? == 1)
    }

    /// Creates or replaces a session.
    ///
    /// # Errors
    /// If PostgreSQL fails.
    pub async fn save(&self, id: &str, session: &SessionRow) -> PortResult<()> {
        const UPSERT: &str = "
            insert into sessions (id, data, expires) values ($1, $2, to_timestamp($3))
            on conflict (id) do update set data = excluded.data, expires = excluded.expires";
        let done = self.write(UPSERT, id, session).await;
        done.map_err(|error| PortError::new("save a session", error))?;
        Ok(())
    }

    /// The session with this ID, unless it has expired at `now`.
    ///
    /// # Errors
    /// If PostgreSQL fails.
    pub async fn load(&self, id: &str, now: Timestamp) -> PortResult<Option<SessionRow>> {
        const SELECT: &str = "
            select data, extract(epoch from expires)::bigint from sessions
            where id = $1 and expires > to_timestamp($2)";
        let action = || "load a session".to_owned();
        let row: Option<(Value, i64)> = sqlx::query_as(SELECT)
            .bind(hash(id))
            .bind(seconds(now))
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| PortError::new(action(), error))?;
        let Some((data, expires)) = row else { return Ok(None) };
        let expires =
            Timestamp::from_second(expires).map_err(|error| PortError::new(action(), error))?;
        Ok(Some(SessionRow { data, expires }))
    }

    /// Deletes a session. Deleting an absent session succeeds.
    ///
    /// # Errors
    /// If PostgreSQL fails.
    pub async fn delete(&self, id: &str) -> PortResult<()> {
        let query = sqlx::query("delete from sessions where id = $1").bind(hash(id));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| PortError::new("delete a session", error))?;
        Ok(())
    }

    /// Deletes the sessions that have expired at `now` and returns their number.
    ///
    /// # Errors
    /// If PostgreSQL fails.
    pub async fn delete_expired(&self, now: Timestamp) -> PortResult<u64> {
        let query = sqlx::query("delete from sessions where expires <= to_timestamp($1)");
        let done = query.bind(seconds(now)).execute(&self.pool).await;
        let done = done.map_err(|error| PortError::new("delete expired sessions", error))?;
        Ok(done.rows_affected())
    }

    async fn write(&self, sql: &'static str, id: &str, row: &SessionRow) -> sqlx::Result<u64> {
        let query = sqlx::query(sql).bind(hash(id)).bind(&row.data).bind(seconds(row.expires));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

fn hash(id: &str) -> String {
    hex::encode(Sha256::digest(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_id_is_the_sha_256_of_the_session_id() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
