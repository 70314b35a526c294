//! The port [`ImportStore`] on PostgreSQL.

use super::{failed_query, lock_active_owner, moment, seconds};
use crate::Secret;
use crate::ports::{
    DueImport, FileVersion, ImportInsertion, ImportOrigin, ImportStore, NewImportRow, PortResult,
};
use async_trait::async_trait;
use gas_shared::{JobId, UserId};
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use uuid::Uuid;

const EXISTS: &str = "select exists (select from imports where job = $1)";

const INSERT: &str = "
    insert into imports (job, owner, url, etag, last_modified, created, next_attempt)
    select $1, $2, $3, $4, $5, to_timestamp($6), to_timestamp($6)
    where $7 > (select count(*) from imports where owner = $2)
    on conflict (job) do nothing";

/// The import that is due first of each user, those whose copy has begun before others, and those that are due first of all.
/// A user with many files gets them one after the other, before their URLs expire.
const CLAIM: &str = "
    with first as (
        select distinct on (item.owner) item.job, item.next_attempt
        from imports item join profiles owner on owner.identity_id = item.owner
        where item.next_attempt <= to_timestamp($1)
            and not (item.owner = any ($4))
            and owner.deletion_requested is null and owner.blocked is null
        order by item.owner, item.attempts = 0, item.next_attempt, item.created, item.job
    ), chosen as (
        select item.job from imports item join first using (job)
        where item.next_attempt <= to_timestamp($1)
        order by first.next_attempt limit $3
        for update of item skip locked
    )
    update imports item
    set attempts = item.attempts + 1, next_attempt = to_timestamp($2)
    from chosen where item.job = chosen.job
    returning item.job, item.owner, item.url, item.etag, item.last_modified,
        item.attempts, item.failures, extract(epoch from item.created)::bigint as created";

const EXTEND: &str = "
    update imports set next_attempt = to_timestamp($3), failures = 0
    where job = $1 and attempts = $2";

const RETRY: &str = "
    update imports set next_attempt = to_timestamp($3), failures = $4
    where job = $1 and attempts = $2";

const DELETE: &str = "delete from imports where job = $1";

const DELETE_OF_OWNER: &str = "delete from imports where owner = $1";

const PRUNE: &str = "delete from imports where created < to_timestamp($1)";

/// Imports in table `imports`.
#[derive(Clone, Debug)]
pub struct PostgresImports {
    pool: PgPool,
}

impl PostgresImports {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_insert(&self, new: &NewImportRow, max: u16) -> sqlx::Result<ImportInsertion> {
        let (etag, last_modified) = match &new.version {
            FileVersion::Etag(tag) => (Some(tag), None),
            FileVersion::LastModified(time) => (None, Some(time)),
        };
        let mut transaction = self.pool.begin().await?;
        let owner = new.owner.as_uuid();
        lock_active_owner(&mut transaction, owner).await?;
        // As separate statements, they see the imports committed before the lock was granted. Until the commit, no other
        // call inserts an import of this user.
        let exists: bool =
            sqlx::query_scalar(EXISTS).bind(new.job.as_uuid()).fetch_one(&mut *transaction).await?;
        if exists {
            return Ok(ImportInsertion::Exists);
        }
        let done = sqlx::query(INSERT)
            .bind(new.job.as_uuid())
            .bind(owner)
            .bind(column(&new.origin))
            .bind(etag)
            .bind(last_modified)
            .bind(seconds(new.created_at))
            .bind(i64::from(max))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let is_stored = done.rows_affected() == 1;
        Ok(if is_stored { ImportInsertion::Stored } else { ImportInsertion::TooMany })
    }
}

#[async_trait]
impl ImportStore for PostgresImports {
    async fn insert(&self, new: &NewImportRow, max: u16) -> PortResult<ImportInsertion> {
        let stored = self.try_insert(new, max).await;
        stored.map_err(|error| failed_query(format!("store the import of job {}", new.job), error))
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
        busy: &[UserId],
    ) -> PortResult<Vec<DueImport>> {
        let busy: Vec<Uuid> = busy.iter().map(|id| id.as_uuid()).collect();
        let query = sqlx::query(CLAIM).bind(seconds(now)).bind(seconds(now + lease));
        let query = query.bind(i64::from(limit)).bind(busy);
        let rows = query.fetch_all(&self.pool).await;
        let due = rows.and_then(|rows| rows.iter().map(due_import).collect());
        due.map_err(|error| failed_query("claim imports", error))
    }

    async fn extend(&self, due: &DueImport, until: Timestamp) -> PortResult<bool> {
        let query = sqlx::query(EXTEND).bind(due.job.as_uuid()).bind(i64::from(due.attempt));
        let done = query.bind(seconds(until)).execute(&self.pool).await;
        let done = done.map_err(|error| {
            failed_query(format!("extend the claim of the import of job {}", due.job), error)
        })?;
        Ok(done.rows_affected() == 1)
    }

    async fn retry(&self, due: &DueImport, failures: u32, at: Timestamp) -> PortResult<()> {
        let failures = i32::try_from(failures).unwrap_or(i32::MAX);
        let query = sqlx::query(RETRY).bind(due.job.as_uuid()).bind(i64::from(due.attempt));
        let done = query.bind(seconds(at)).bind(failures).execute(&self.pool).await;
        done.map_err(|error| {
            failed_query(format!("end the claim of the import of job {}", due.job), error)
        })?;
        Ok(())
    }

    async fn delete(&self, job: JobId) -> PortResult<()> {
        let done = sqlx::query(DELETE).bind(job.as_uuid()).execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("delete the import of job {job}"), error))?;
        Ok(())
    }

    async fn prune(&self, before: Timestamp) -> PortResult<u64> {
        let done = sqlx::query(PRUNE).bind(seconds(before)).execute(&self.pool).await;
        Ok(done.map_err(|error| failed_query("delete old imports", error))?.rows_affected())
    }
}

/// Deletes all imports of a user, in the transaction that closes the account or blocks the user.
pub(super) async fn delete_imports(
    transaction: &mut PgConnection,
    owner: UserId,
) -> sqlx::Result<()> {
    sqlx::query(DELETE_OF_OWNER).bind(owner.as_uuid()).execute(transaction).await?;
    Ok(())
}

fn count(row: &PgRow, column: &str) -> sqlx::Result<u32> {
    let count: i32 = row.try_get(column)?;
    u32::try_from(count).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// What column `url` begins with if it names a job. No URL of a user does, since those begin with https://.
const JOB: &str = "job:";

/// An origin in column `url`.
fn column(origin: &ImportOrigin) -> String {
    match origin {
        ImportOrigin::Url(url) => url.expose().to_owned(),
        ImportOrigin::Job(job) => format!("{JOB}{job}"),
    }
}

/// The origin in column `url`.
fn origin(column: String) -> sqlx::Result<ImportOrigin> {
    let Some(job) = column.strip_prefix(JOB) else {
        return Ok(ImportOrigin::Url(Secret::from(column)));
    };
    let job = job.parse().map_err(|error| sqlx::Error::ColumnDecode {
        index: "url".to_owned(),
        source: Box::new(error),
    })?;
    Ok(ImportOrigin::Job(job))
}

fn due_import(row: &PgRow) -> sqlx::Result<DueImport> {
    let missing = |column: &str| sqlx::Error::ColumnNotFound(column.to_owned());
    let etag: Option<String> = row.try_get("etag")?;
    let version = match etag {
        Some(tag) => FileVersion::Etag(tag),
        None => FileVersion::LastModified(row.try_get("last_modified")?),
    };
    Ok(DueImport {
        job: JobId::new(row.try_get::<Uuid, _>("job")?),
        owner: UserId::new(row.try_get::<Uuid, _>("owner")?),
        origin: origin(row.try_get("url")?)?,
        version,
        created_at: moment(row, "created")?.ok_or_else(|| missing("created"))?,
        attempt: count(row, "attempts")?,
        failures: count(row, "failures")?,
    })
}
