//! The port [`Dispatches`] on PostgreSQL.

use super::{failed_query, moment, seconds};
use crate::ports::{Dispatch, Dispatches, PortResult};
use async_trait::async_trait;
use gas_shared::{JobId, Plan, UserId};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::PgPool;
use uuid::Uuid;

const ADD: &str = "
    insert into dispatches (job_id, user_id, added) values ($2, $1, to_timestamp($3))
    on conflict (job_id) do nothing";

/// Serializes the calls for one user, so that each counts the jobs that the others have sent.
const LOCK_USER: &str =
    "select pg_advisory_xact_lock(hashtextextended('dispatches ' || $1::text, 0))";

const TAKE: &str = "
    with taken as (
        update dispatches set sent = to_timestamp($3), published = false where job_id in (
            select job_id from dispatches where user_id = $1 and sent is null
                and not exists (select from profiles where identity_id = $1 and blocked is not null)
            order by added, job_id
            limit greatest(0, $2 - (
                select count(*) from dispatches where user_id = $1 and sent is not null)))
        returning job_id, added)
    select job_id from taken order by added, job_id";

const PUBLISHED: &str = "update dispatches set published = true where job_id = any($1)";

const PUT_BACK_UNPUBLISHED: &str =
    "update dispatches set sent = null where sent < to_timestamp($1) and not published";

const PUT_BACK: &str = "update dispatches set sent = null where job_id = any($1)";

const IS_WAITING: &str =
    "select exists (select from dispatches where job_id = $1 and sent is null)";

const REMOVE: &str = "delete from dispatches where job_id = $1 returning user_id";

const COUNT: &str = "select count(*) from dispatches where user_id = $1";

const OF_USER: &str = "select job_id from dispatches where user_id = $1";

const SENT_BEFORE: &str = "
    select job_id from dispatches where sent < to_timestamp($1) order by sent limit 5000";

const WAITING_USERS: &str = "
    select distinct user_id from dispatches where sent is null and not exists (
        select from profiles where identity_id = user_id and blocked is not null)
    limit 5000";

const BACKLOG: &str = "
    select count(*) filter (where sent is null) as waiting,
        extract(epoch from min(added))::bigint as oldest
    from dispatches";

const ALL: &str = "
    select d.job_id, d.user_id, coalesce(p.role = 'premium_user', false), d.sent is not null
    from dispatches d left join profiles p on p.identity_id = d.user_id
    order by d.sent nulls last, d.added, d.job_id limit 10000";

/// The jobs in table `dispatches`.
#[derive(Clone, Debug)]
pub struct PostgresDispatches {
    pool: PgPool,
}

impl PostgresDispatches {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_take(&self, user: UserId, max: u16, now: Timestamp) -> sqlx::Result<Vec<JobId>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(LOCK_USER).bind(user.as_uuid()).execute(&mut *transaction).await?;
        let query = sqlx::query_scalar::<_, Uuid>(TAKE);
        let query = query.bind(user.as_uuid()).bind(i64::from(max)).bind(seconds(now));
        let jobs = query.fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(jobs.into_iter().map(JobId::new).collect())
    }
}

fn uuids(jobs: &[JobId]) -> Vec<Uuid> {
    jobs.iter().map(|job| job.as_uuid()).collect()
}

#[async_trait]
impl Dispatches for PostgresDispatches {
    async fn add(&self, user: UserId, job: JobId, now: Timestamp) -> PortResult<()> {
        let query = sqlx::query(ADD).bind(user.as_uuid()).bind(job.as_uuid()).bind(seconds(now));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("add job {job} to the waiting jobs"), error))?;
        Ok(())
    }

    async fn take(&self, user: UserId, max: u16, now: Timestamp) -> PortResult<Vec<JobId>> {
        let taken = self.try_take(user, max, now).await;
        taken.map_err(|error| failed_query(format!("take waiting jobs of {user}"), error))
    }

    async fn published(&self, jobs: &[JobId]) -> PortResult<()> {
        let done = sqlx::query(PUBLISHED).bind(uuids(jobs)).execute(&self.pool).await;
        done.map_err(|error| failed_query("mark jobs as published", error))?;
        Ok(())
    }

    async fn put_back(&self, jobs: &[JobId]) -> PortResult<()> {
        let done = sqlx::query(PUT_BACK).bind(uuids(jobs)).execute(&self.pool).await;
        done.map_err(|error| failed_query("put back waiting jobs", error))?;
        Ok(())
    }

    async fn put_back_unpublished(&self, taken_before: Timestamp) -> PortResult<()> {
        let query = sqlx::query(PUT_BACK_UNPUBLISHED).bind(seconds(taken_before));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query("put back unpublished jobs", error))?;
        Ok(())
    }

    async fn is_waiting(&self, job: JobId) -> PortResult<bool> {
        let query = sqlx::query_scalar(IS_WAITING).bind(job.as_uuid());
        let row = query.fetch_one(&self.pool).await;
        row.map_err(|error| failed_query(format!("look up waiting job {job}"), error))
    }

    async fn remove(&self, job: JobId) -> PortResult<Option<UserId>> {
        let query = sqlx::query_scalar::<_, Uuid>(REMOVE).bind(job.as_uuid());
        let row = query.fetch_optional(&self.pool).await;
        let row = row.map_err(|error| {
            failed_query(format!("remove job {job} from the waiting jobs"), error)
        })?;
        Ok(row.map(UserId::new))
    }

    async fn count(&self, user: UserId) -> PortResult<u32> {
        let query = sqlx::query_scalar::<_, i64>(COUNT).bind(user.as_uuid());
        let count = query.fetch_one(&self.pool).await;
        let count =
            count.map_err(|error| failed_query(format!("count the jobs of {user}"), error))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn of_user(&self, user: UserId) -> PortResult<Vec<JobId>> {
        let query = sqlx::query_scalar::<_, Uuid>(OF_USER).bind(user.as_uuid());
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| failed_query(format!("list the jobs of {user}"), error))?;
        Ok(rows.into_iter().map(JobId::new).collect())
    }

    async fn sent_before(&self, time: Timestamp) -> PortResult<Vec<JobId>> {
        let query = sqlx::query_scalar::<_, Uuid>(SENT_BEFORE).bind(seconds(time));
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| failed_query("list the jobs sent to workers", error))?;
        Ok(rows.into_iter().map(JobId::new).collect())
    }

    async fn waiting_users(&self) -> PortResult<Vec<UserId>> {
        let rows = sqlx::query_scalar::<_, Uuid>(WAITING_USERS).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| failed_query("list users with waiting jobs", error))?;
        Ok(rows.into_iter().map(UserId::new).collect())
    }

    async fn backlog(&self) -> PortResult<(u64, Option<Timestamp>)> {
        let row = sqlx::query(BACKLOG).fetch_one(&self.pool).await;
        let read = row.and_then(|row| {
            Ok((row.try_get::<i64, _>("waiting")?.unsigned_abs(), moment(&row, "oldest")?))
        });
        read.map_err(|error| failed_query("count the waiting jobs", error))
    }

    async fn all(&self) -> PortResult<Vec<Dispatch>> {
        let query = sqlx::query_as::<_, (Uuid, Uuid, bool, bool)>(ALL);
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| failed_query("list waiting and sent jobs", error))?;
        let dispatch = |(job, user, is_premium, is_sent)| {
            let plan = if is_premium { Plan::Premium } else { Plan::Free };
            Dispatch { job: JobId::new(job), user: UserId::new(user), plan, is_sent }
        };
        Ok(rows.into_iter().map(dispatch).collect())
    }
}
