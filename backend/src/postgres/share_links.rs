//! The port [`ShareLinks`] on PostgreSQL.

use super::{failed_query, lock_active_owner, moment, seconds};
use crate::ports::{ActiveShareLink, PortResult, ShareLinkRow, ShareLinks};
use async_trait::async_trait;
use gas_shared::share_link::ShareLink;
use gas_shared::{JobId, ShareLinkId, UserId};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use uuid::Uuid;

const INSERT: &str = "
    insert into share_links (id, owner, job, secret_hash, allows_downloads, created, expires)
    select $1, $2, $3, $4, $5, to_timestamp($6), to_timestamp($7)
    where $8 > (
        select count(*) from share_links
        where owner = $2 and job = $3 and expires > to_timestamp($6))";

const OF_OWNER: &str = "
    select id, job, allows_downloads, opened,
        extract(epoch from created)::bigint as created,
        extract(epoch from expires)::bigint as expires,
        extract(epoch from last_opened)::bigint as last_opened
    from share_links where owner = $1 and ($2::uuid is null or job = $2)
    order by share_links.created desc, id";

const REVOKE: &str = "delete from share_links where owner = $1 and job = $2 and id = $3";

/// A process of a version without links closes accounts and blocks users without deleting the links.
const BY_HASH: &str = "
    select link.id, link.owner, link.job, link.allows_downloads,
        extract(epoch from link.expires)::bigint as expires
    from share_links link join profiles on profiles.identity_id = link.owner
    where link.secret_hash = $1 and link.expires > to_timestamp($2)
        and profiles.deletion_requested is null and profiles.blocked is null";

const COUNT_OPENING: &str = "
    update share_links set opened = opened + 1, last_opened = to_timestamp($2) where id = $1";

const DELETE_OF_JOB: &str = "delete from share_links where job = $1";

const DELETE_EXPIRED: &str = "delete from share_links where expires <= to_timestamp($1)";

const DELETE_OF_OWNER: &str = "delete from share_links where owner = $1";

/// The links in table `share_links`.
#[derive(Clone, Debug)]
pub struct PostgresShareLinks {
    pool: PgPool,
}

impl PostgresShareLinks {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_insert(&self, row: &ShareLinkRow, max: u16) -> sqlx::Result<bool> {
        let ShareLinkRow { owner, hash, link } = row;
        let mut transaction = self.pool.begin().await?;
        let owner = owner.as_uuid();
        lock_active_owner(&mut transaction, owner).await?;
        // As a separate statement, it sees the links committed before the lock was granted.
        let done = sqlx::query(INSERT)
            .bind(link.id.as_uuid())
            .bind(owner)
            .bind(link.job_id.as_uuid())
            .bind(hash)
            .bind(link.allows_downloads)
            .bind(seconds(link.created_at))
            .bind(seconds(link.expires_at))
            .bind(i64::from(max))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

#[async_trait]
impl ShareLinks for PostgresShareLinks {
    async fn insert(&self, row: &ShareLinkRow, max: u16) -> PortResult<bool> {
        let kept = self.try_insert(row, max).await;
        kept.map_err(|error| failed_query(format!("store a share link of {}", row.owner), error))
    }

    async fn links_of(&self, owner: UserId, job: Option<JobId>) -> PortResult<Vec<ShareLink>> {
        let query = sqlx::query(OF_OWNER).bind(owner.as_uuid()).bind(job.map(|job| job.as_uuid()));
        let rows = query.fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().map(share_link).collect())
            .map_err(|error| failed_query(format!("list the share links of {owner}"), error))
    }

    async fn revoke(&self, owner: UserId, job: JobId, id: ShareLinkId) -> PortResult<bool> {
        let query =
            sqlx::query(REVOKE).bind(owner.as_uuid()).bind(job.as_uuid()).bind(id.as_uuid());
        let done = query.execute(&self.pool).await;
        let done =
            done.map_err(|error| failed_query(format!("revoke the share link {id}"), error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn find_by_hash(
        &self,
        hash: &str,
        now: Timestamp,
    ) -> PortResult<Option<ActiveShareLink>> {
        let query = sqlx::query(BY_HASH).bind(hash).bind(seconds(now));
        let row = query.fetch_optional(&self.pool).await;
        row.and_then(|row| row.as_ref().map(active_link).transpose())
            .map_err(|error| failed_query("find a share link", error))
    }

    async fn count_opening(&self, id: ShareLinkId, now: Timestamp) -> PortResult<()> {
        let query = sqlx::query(COUNT_OPENING).bind(id.as_uuid()).bind(seconds(now));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("count an opening of link {id}"), error))?;
        Ok(())
    }

    async fn delete_of_job(&self, job: JobId) -> PortResult<()> {
        let done = sqlx::query(DELETE_OF_JOB).bind(job.as_uuid()).execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("delete the share links of {job}"), error))?;
        Ok(())
    }

    async fn delete_expired(&self, at: Timestamp) -> PortResult<u64> {
        let done = sqlx::query(DELETE_EXPIRED).bind(seconds(at)).execute(&self.pool).await;
        let done = done.map_err(|error| failed_query("delete expired share links", error))?;
        Ok(done.rows_affected())
    }
}

/// Deletes all links of a user, in the transaction that closes the account or blocks the user.
pub(super) async fn delete_share_links(
    transaction: &mut PgConnection,
    owner: UserId,
) -> sqlx::Result<()> {
    sqlx::query(DELETE_OF_OWNER).bind(owner.as_uuid()).execute(transaction).await?;
    Ok(())
}

fn required(row: &PgRow, column: &str) -> sqlx::Result<Timestamp> {
    moment(row, column)?.ok_or_else(|| sqlx::Error::ColumnNotFound(column.to_owned()))
}

fn active_link(row: &PgRow) -> sqlx::Result<ActiveShareLink> {
    Ok(ActiveShareLink {
        id: ShareLinkId::new(row.try_get::<Uuid, _>("id")?),
        owner: UserId::new(row.try_get::<Uuid, _>("owner")?),
        job: JobId::new(row.try_get::<Uuid, _>("job")?),
        allows_downloads: row.try_get("allows_downloads")?,
        expires_at: required(row, "expires")?,
    })
}

fn share_link(row: &PgRow) -> sqlx::Result<ShareLink> {
    Ok(ShareLink {
        id: ShareLinkId::new(row.try_get::<Uuid, _>("id")?),
        job_id: JobId::new(row.try_get::<Uuid, _>("job")?),
        allows_downloads: row.try_get("allows_downloads")?,
        created_at: required(row, "created")?,
        expires_at: required(row, "expires")?,
        opened: row.try_get::<i64, _>("opened")?.unsigned_abs(),
        last_opened_at: moment(row, "last_opened")?,
    })
}
