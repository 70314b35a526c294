//! The ports [`ServiceModes`] and [`Administration`] on PostgreSQL.

use super::sessions::end_all_sessions;
use super::share_links::delete_share_links;
use super::{failed_query, imports::delete_imports};
use super::{moment, plan, seconds};
use crate::ports::{Administration, EndedJob, PortResult, ServiceModes};
use async_trait::async_trait;
use gas_shared::UserId;
use gas_shared::operations::{AuditItem, DayOfJobs, Intake, ServiceMode, Statistics, UserRecord};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

const MODE: &str = "select intake, banner from service_mode";

const IS_OPERATOR: &str = "
    select exists (
        select from profiles
        where identity_id = $1 and operator_until > to_timestamp($2) and deletion_requested is null)";

const SET_OPERATOR: &str = "
    update profiles set operator_until = to_timestamp($2)
    where identity_id = $1 and operator_until is distinct from to_timestamp($2)";

const IS_BLOCKED: &str = "
    select exists (select from profiles where identity_id = $1 and blocked is not null)";

/// The lock of the profile serializes this with the creation of sessions, tokens and share links, which then are deleted,
/// too, or find the account blocked.
const SET_BLOCKED: &str = "
    update profiles set blocked = to_timestamp($2), updated = now()
    where identity_id = $1 and deletion_requested is null";

const DELETE_TOKENS: &str = "delete from api_tokens where owner = $1";

const FIND_USERS: &str = "
    select identity_id, name, email, institution, role, premium_basis = 'grant' as is_granted,
        operator_until > to_timestamp($2) as is_operator,
        extract(epoch from blocked)::bigint as blocked,
        extract(epoch from created)::bigint as created,
        (select count(*) from dispatches where user_id = identity_id) as active_jobs,
        (select bytes from stored_bytes where user_id = identity_id) as stored_bytes
    from profiles
    where deletion_requested is null and position(lower($1) in
        lower(concat_ws(E'\\n', name, email, institution, identity_id))) > 0
    order by profiles.created desc, identity_id limit $3";

const AUDIT: &str = "
    select log.id, extract(epoch from log.at)::bigint as at, log.action, log.target,
        case when log.operator is null then log.actor else 'operator' end as actor,
        operator.identity_id as operator, concerned.identity_id as concerned
    from audit_log log
        left join profiles operator on operator.audit_id = log.operator
        left join profiles concerned on concerned.audit_id = log.account
    where ($1::uuid is null or log.account = (select audit_id from profiles where identity_id = $1))
        and ($2::bigint is null or log.id < $2)
    order by log.id desc limit $3";

const COUNT_JOB: &str = "
    insert into job_statistics (day, outcome, jobs, input_bytes, result_bytes, run_secs)
    values ((to_timestamp($1) at time zone 'UTC')::date, $2, 1, $3, $4, $5)
    on conflict (day, outcome) do update set
        jobs = job_statistics.jobs + 1,
        input_bytes = job_statistics.input_bytes + excluded.input_bytes,
        result_bytes = job_statistics.result_bytes + excluded.result_bytes,
        run_secs = job_statistics.run_secs + excluded.run_secs";

const TOTALS: &str = "
    select count(*) as users, count(*) filter (where role = 'premium_user') as premium,
        count(*) filter (where blocked is not null) as blocked,
        (select coalesce(sum(bytes), 0)::bigint from stored_bytes) as stored_bytes
    from profiles where deletion_requested is null";

const DAYS: &str = "
    select extract(epoch from day at time zone 'UTC')::bigint as day, outcome, jobs, input_bytes,
        result_bytes, run_secs
    from job_statistics where day >= (to_timestamp($1) at time zone 'UTC')::date
    order by job_statistics.day desc, outcome";

/// The mode in table `service_mode`, users in `profiles`, and ended jobs in `job_statistics`.
#[derive(Clone, Debug)]
pub struct PostgresAdministration {
    pool: PgPool,
}

impl PostgresAdministration {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn exists(&self, sql: &'static str, user: UserId, now: Timestamp) -> sqlx::Result<bool> {
        let query = sqlx::query_scalar(sql).bind(user.as_uuid()).bind(seconds(now));
        query.fetch_one(&self.pool).await
    }

    async fn try_set_blocked(&self, user: UserId, at: Option<Timestamp>) -> sqlx::Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let query = sqlx::query(SET_BLOCKED).bind(user.as_uuid()).bind(at.map(seconds));
        let found = query.execute(&mut *transaction).await?.rows_affected() == 1;
        if found && at.is_some() {
            end_all_sessions(&mut transaction, user).await?;
            delete_share_links(&mut transaction, user).await?;
            delete_imports(&mut transaction, user).await?;
            let tokens = sqlx::query(DELETE_TOKENS).bind(user.as_uuid());
            tokens.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(found)
    }

    async fn try_statistics(&self, since: Timestamp) -> sqlx::Result<Statistics> {
        let (totals, days) = futures::try_join!(
            sqlx::query(TOTALS).fetch_one(&self.pool),
            sqlx::query(DAYS).bind(seconds(since)).fetch_all(&self.pool),
        )?;
        let day = |row: &PgRow| {
            Ok(DayOfJobs {
                day: required(row, "day")?,
                outcome: row.try_get("outcome")?,
                jobs: count(row, "jobs")?,
                input_bytes: count(row, "input_bytes")?,
                result_bytes: count(row, "result_bytes")?,
                run_secs: count(row, "run_secs")?,
            })
        };
        Ok(Statistics {
            users: count(&totals, "users")?,
            premium_users: count(&totals, "premium")?,
            blocked_users: count(&totals, "blocked")?,
            stored_bytes: count(&totals, "stored_bytes")?,
            days: days.iter().map(day).collect::<sqlx::Result<_>>()?,
        })
    }
}

#[async_trait]
impl ServiceModes for PostgresAdministration {
    async fn mode(&self) -> PortResult<ServiceMode> {
        let row = sqlx::query_as::<_, (String, Option<String>)>(MODE).fetch_one(&self.pool).await;
        let (intake, banner) =
            row.map_err(|error| failed_query("read the mode of the service", error))?;
        // A value of a newer version stops nothing.
        Ok(ServiceMode { intake: intake.parse().unwrap_or_default(), banner })
    }

    async fn set_intake(&self, intake: Intake) -> PortResult<()> {
        const SET: &str = "update service_mode set intake = $1";
        let done = sqlx::query(SET).bind(intake.as_str()).execute(&self.pool).await;
        done.map_err(|error| failed_query("set the intake of jobs", error))?;
        Ok(())
    }

    async fn set_banner(&self, banner: Option<&str>) -> PortResult<()> {
        const SET: &str = "update service_mode set banner = $1";
        let done = sqlx::query(SET).bind(banner).execute(&self.pool).await;
        done.map_err(|error| failed_query("set the banner", error))?;
        Ok(())
    }
}

#[async_trait]
impl Administration for PostgresAdministration {
    async fn is_operator(&self, user: UserId, now: Timestamp) -> PortResult<bool> {
        let found = self.exists(IS_OPERATOR, user, now).await;
        found.map_err(|error| failed_query(format!("read the role of {user}"), error))
    }

    async fn set_operator(&self, user: UserId, until: Option<Timestamp>) -> PortResult<()> {
        let query = sqlx::query(SET_OPERATOR).bind(user.as_uuid()).bind(until.map(seconds));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("set the role of {user}"), error))?;
        Ok(())
    }

    async fn is_blocked(&self, user: UserId) -> PortResult<bool> {
        let query = sqlx::query_scalar(IS_BLOCKED).bind(user.as_uuid());
        let found = query.fetch_one(&self.pool).await;
        found.map_err(|error| failed_query(format!("read whether {user} is blocked"), error))
    }

    async fn set_blocked(&self, user: UserId, at: Option<Timestamp>) -> PortResult<bool> {
        let done = self.try_set_blocked(user, at).await;
        done.map_err(|error| failed_query(format!("block or unblock {user}"), error))
    }

    async fn find_users(
        &self,
        text: &str,
        now: Timestamp,
        limit: u16,
    ) -> PortResult<Vec<UserRecord>> {
        let query = sqlx::query(FIND_USERS).bind(text).bind(seconds(now)).bind(i64::from(limit));
        let rows = query.fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().map(user_record).collect())
            .map_err(|error| failed_query("search users", error))
    }

    async fn audit_items(
        &self,
        user: Option<UserId>,
        before: Option<i64>,
        limit: u16,
    ) -> PortResult<Vec<AuditItem>> {
        let user = user.map(|user| user.as_uuid());
        let query = sqlx::query(AUDIT).bind(user).bind(before).bind(i64::from(limit));
        let rows = query.fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().map(audit_item).collect())
            .map_err(|error| failed_query("read the audit log", error))
    }

    async fn count_job(&self, ended: &EndedJob) -> PortResult<()> {
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let query = sqlx::query(COUNT_JOB)
            .bind(seconds(ended.at))
            .bind(ended.status.as_str().to_ascii_lowercase())
            .bind(number(ended.input_bytes))
            .bind(number(ended.result_bytes))
            .bind(number(ended.run_secs));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query("count a job that has ended", error))?;
        Ok(())
    }

    async fn statistics(&self, since: Timestamp) -> PortResult<Statistics> {
        let read = self.try_statistics(since).await;
        read.map_err(|error| failed_query("read the statistics", error))
    }
}

fn count(row: &PgRow, column: &str) -> sqlx::Result<u64> {
    row.try_get::<i64, _>(column).map(i64::unsigned_abs)
}

fn required(row: &PgRow, column: &str) -> sqlx::Result<Timestamp> {
    moment(row, column)?.ok_or_else(|| sqlx::Error::ColumnNotFound(column.to_owned()))
}

fn user_record(row: &PgRow) -> sqlx::Result<UserRecord> {
    Ok(UserRecord {
        id: UserId::new(row.try_get::<Uuid, _>("identity_id")?),
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        institution: row.try_get("institution")?,
        plan: plan(row)?,
        is_granted: row.try_get::<Option<bool>, _>("is_granted")?.unwrap_or(false),
        is_operator: row.try_get::<Option<bool>, _>("is_operator")?.unwrap_or(false),
        blocked_at: moment(row, "blocked")?,
        created_at: required(row, "created")?,
        active_jobs: count(row, "active_jobs")?,
        stored_bytes: row.try_get::<Option<i64>, _>("stored_bytes")?.map(i64::unsigned_abs),
    })
}

fn audit_item(row: &PgRow) -> sqlx::Result<AuditItem> {
    let user = |column: &str| -> sqlx::Result<Option<UserId>> {
        Ok(row.try_get::<Option<Uuid>, _>(column)?.map(UserId::new))
    };
    Ok(AuditItem {
        id: row.try_get("id")?,
        at: required(row, "at")?,
        actor: row.try_get("actor")?,
        operator: user("operator")?,
        action: row.try_get("action")?,
        user: user("concerned")?,
        target: row.try_get("target")?,
    })
}
