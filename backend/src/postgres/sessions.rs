//! Sessions of signed-in browsers, as rows. What is in a session is the web server's matter.

use super::seconds;
use crate::ports::{PortError, PortResult};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgPool;

/// The sessions in table `sessions`.
///
/// A session's id is a secret that signs its holder in, so only its hash is stored.
#[derive(Clone, Debug)]
pub struct SessionStore {
    pool: PgPool,
}

/// What is stored of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRow {
    /// The web server's data.
    pub data: Value,
    /// From this second on the session does not exist any more.
    pub expires: Timestamp,
}

impl SessionStore {
    /// The sessions of a database that [`connect`](super::connect) has prepared.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Stores a new session. `false` if the id is taken; nothing is stored then.
    ///
    /// # Errors
    /// Where PostgreSQL fails.
    pub async fn create(&self, id: &str, session: &SessionRow) -> PortResult<bool> {
        const INSERT: &str = "
            insert into sessions (id, data, expires) values ($1, $2, to_timestamp($3))
            on conflict (id) do nothing";
        let done = self.write(INSERT, id, session).await;
        Ok(done.map_err(|error| PortError::new("create a session", error))? == 1)
    }

    /// Stores a session, whether it is there or not.
    ///
    /// # Errors
    /// Where PostgreSQL fails.
    pub async fn save(&self, id: &str, session: &SessionRow) -> PortResult<()> {
        const UPSERT: &str = "
            insert into sessions (id, data, expires) values ($1, $2, to_timestamp($3))
            on conflict (id) do update set data = excluded.data, expires = excluded.expires";
        let done = self.write(UPSERT, id, session).await;
        done.map_err(|error| PortError::new("save a session", error))?;
        Ok(())
    }

    /// The session of that id, unless it is expired at `now`.
    ///
    /// # Errors
    /// Where PostgreSQL fails.
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

    /// Ends a session; one that is not there counts as ended.
    ///
    /// # Errors
    /// Where PostgreSQL fails.
    pub async fn delete(&self, id: &str) -> PortResult<()> {
        let query = sqlx::query("delete from sessions where id = $1").bind(hash(id));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| PortError::new("delete a session", error))?;
        Ok(())
    }

    /// Deletes the sessions that are expired at `now` and says how many.
    ///
    /// # Errors
    /// Where PostgreSQL fails.
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
    fn the_stored_id_is_the_sha_256_of_the_secret() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
