//! The port [`SessionStore`] on PostgreSQL.

use super::{failed_query, moment, seconds};
use crate::ports::{NewSession, PortResult, SessionStore, StoredSession};
use async_trait::async_trait;
use gas_shared::{Plan, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::types::Json;
use uuid::Uuid;

/// The lock of the profile serializes this with a request to close or block the account, which then deletes
/// this row, too.
const CREATE: &str = "
    insert into sessions (id, data, expires, plan, last_seen)
    select $1, $2, to_timestamp($3), $4, to_timestamp($5) from profiles
    where identity_id = $6 and deletion_requested is null and blocked is null
    for share";

const FIND: &str = "
    select data, plan, retired, replaces is not null as is_successor,
        extract(epoch from last_seen)::bigint as last_seen
    from sessions
    where id = $1 and expires > to_timestamp($2) and data #>> '{signed_in,user}' is not null";

const TOUCH: &str = "
    update sessions set last_seen = to_timestamp($2), expires = to_timestamp($3)
    where id = $1 and not retired and (last_seen is null or last_seen <= to_timestamp($4))";

/// The lock of the session serializes this with its end: a deleted session gets no successor, and who
/// deletes it waits for the successor and deletes that, too.
const REPLACE: &str = "
    insert into sessions (id, data, expires, plan, replaces)
    select $2, old.data, old.expires, $3, old.id
    from sessions old join profiles on identity_id = (old.data #>> '{signed_in,user}')::uuid
    where old.id = $1 and not old.retired and deletion_requested is null and blocked is null
    for share of old";

const RETIRE: &str = "
    update sessions set retired = true, expires = least(expires, to_timestamp($2))
    where id = (select replaces from sessions where id = $1)";

const END: &str = "delete from sessions where id = $1 returning data";

/// All ids of one sign-in have the same data; null stands for all sign-ins.
const END_SIGN_INS: &str = "
    delete from sessions
    where data #>> '{signed_in,user}' = $1 and ($2::jsonb is null or data = $2)";

const COUNT: &str = "
    select count(distinct data) from sessions
    where data #>> '{signed_in,user}' = $1 and expires > to_timestamp($2)";

const USE_STATE: &str = "
    insert into used_sign_ins (state, expires) values ($1, to_timestamp($2))
    on conflict (state) do nothing";

const DELETE_STATES: &str = "delete from used_sign_ins where expires <= to_timestamp($1)";

const DELETE_EXPIRED: &str = "delete from sessions where expires <= to_timestamp($1)";

/// The sessions in table `sessions`, the states in table `used_sign_ins`.
#[derive(Clone, Debug)]
pub struct PostgresSessions {
    pool: PgPool,
}

/// Column `data`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Data {
    signed_in: SignedIn,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct SignedIn {
    user: UserId,
    since: Timestamp,
    /// Tells sign-ins of the same second apart; the previous version of GAS wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
}

impl PostgresSessions {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_end(&self, hash: &str) -> sqlx::Result<Option<UserId>> {
        let mut transaction = self.pool.begin().await?;
        let query = sqlx::query_as(END).bind(hash);
        let row: Option<(Json<Data>,)> = query.fetch_optional(&mut *transaction).await?;
        let Some((Json(data),)) = row else { return Ok(None) };
        let user = data.signed_in.user;
        end_sign_ins(&mut transaction, user, Some(data)).await?;
        transaction.commit().await?;
        Ok(Some(user))
    }

    async fn try_end_all(&self, user: UserId) -> sqlx::Result<()> {
        let mut transaction = self.pool.begin().await?;
        end_all_sessions(&mut transaction, user).await?;
        transaction.commit().await
    }
}

/// Ends all sessions of a user.
pub(super) async fn end_all_sessions(
    connection: &mut PgConnection,
    user: UserId,
) -> sqlx::Result<()> {
    end_sign_ins(connection, user, None).await
}

/// Ends sessions until none is left: a statement does not see the successors that were stored while it
/// waited for their predecessors.
async fn end_sign_ins(
    connection: &mut PgConnection,
    user: UserId,
    data: Option<Data>,
) -> sqlx::Result<()> {
    loop {
        let query = sqlx::query(END_SIGN_INS).bind(user.to_string()).bind(data.map(Json));
        if query.execute(&mut *connection).await?.rows_affected() == 0 {
            return Ok(());
        }
    }
}

#[async_trait]
impl SessionStore for PostgresSessions {
    async fn create(&self, session: &NewSession) -> PortResult<bool> {
        let NewSession { hash, user, since, plan, expires } = session;
        let data =
            Data { signed_in: SignedIn { user: *user, since: *since, id: Some(Uuid::new_v4()) } };
        let query = sqlx::query(CREATE)
            .bind(hash)
            .bind(Json(data))
            .bind(seconds(*expires))
            .bind(plan.as_role())
            .bind(seconds(*since))
            .bind(user.as_uuid());
        let done = query.execute(&self.pool).await;
        let done = done.map_err(|error| failed_query("create a session", error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn find(&self, hash: &str, now: Timestamp) -> PortResult<Option<StoredSession>> {
        let query = sqlx::query(FIND).bind(hash).bind(seconds(now));
        let row = query.fetch_optional(&self.pool).await;
        row.and_then(|row| row.as_ref().map(stored).transpose())
            .map_err(|error| failed_query("find a session", error))
    }

    async fn touch(
        &self,
        hash: &str,
        seen: Timestamp,
        expires: Timestamp,
        unless_after: Timestamp,
    ) -> PortResult<bool> {
        let query = sqlx::query(TOUCH)
            .bind(hash)
            .bind(seconds(seen))
            .bind(seconds(expires))
            .bind(seconds(unless_after));
        let done = query.execute(&self.pool).await;
        let done = done.map_err(|error| failed_query("record the use of a session", error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn replace(&self, hash: &str, new: &str, plan: Plan) -> PortResult<bool> {
        let query = sqlx::query(REPLACE).bind(hash).bind(new).bind(plan.as_role());
        let done = query.execute(&self.pool).await;
        let done = done.map_err(|error| failed_query("replace the id of a session", error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn retire_predecessor(&self, hash: &str, expires: Timestamp) -> PortResult<()> {
        let query = sqlx::query(RETIRE).bind(hash).bind(seconds(expires));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query("retire a session", error))?;
        Ok(())
    }

    async fn end(&self, hash: &str) -> PortResult<Option<UserId>> {
        let ended = self.try_end(hash).await;
        ended.map_err(|error| failed_query("end a session", error))
    }

    async fn end_all(&self, user: UserId) -> PortResult<()> {
        let ended = self.try_end_all(user).await;
        ended.map_err(|error| failed_query(format!("end the sessions of {user}"), error))
    }

    async fn count(&self, user: UserId, now: Timestamp) -> PortResult<u64> {
        let query = sqlx::query_as(COUNT).bind(user.to_string()).bind(seconds(now));
        let row: sqlx::Result<(i64,)> = query.fetch_one(&self.pool).await;
        let (count,) =
            row.map_err(|error| failed_query(format!("count the sessions of {user}"), error))?;
        Ok(count.unsigned_abs())
    }

    async fn use_state(&self, state: &str, expires: Timestamp) -> PortResult<bool> {
        let query = sqlx::query(USE_STATE).bind(state).bind(seconds(expires));
        let done = query.execute(&self.pool).await;
        let done = done.map_err(|error| failed_query("record a sign-in state", error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete_expired(&self, now: Timestamp) -> PortResult<u64> {
        let failed = |error| failed_query("delete expired sessions", error);
        let states = sqlx::query(DELETE_STATES).bind(seconds(now)).execute(&self.pool);
        states.await.map_err(failed)?;
        let sessions = sqlx::query(DELETE_EXPIRED).bind(seconds(now)).execute(&self.pool);
        Ok(sessions.await.map_err(failed)?.rows_affected())
    }
}

fn stored(row: &PgRow) -> sqlx::Result<StoredSession> {
    let Json(Data { signed_in: SignedIn { user, since, .. } }) = row.try_get("data")?;
    let plan: Option<String> = row.try_get("plan")?;
    Ok(StoredSession {
        user,
        since,
        // An unknown plan counts as none, so that the session gets another id.
        plan: plan.and_then(|plan| plan.parse().ok()),
        last_seen: moment(row, "last_seen")?,
        is_successor: row.try_get("is_successor")?,
        retired: row.try_get("retired")?,
    })
}
