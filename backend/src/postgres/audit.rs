//! The port [`AuditLog`] on PostgreSQL.

use super::{failed_query, seconds};
use crate::ports::{AuditEntry, AuditLog, PortResult};
use async_trait::async_trait;
use gas_shared::UserId;
use gas_shared::audit::AuditRecord;
use jiff::Timestamp;
use sqlx::postgres::PgPool;

/// Entries name an account by `profiles.audit_id`, which is deleted with the profile.
const APPEND: &str = "
    insert into audit_log (at, account, actor, action, target, address, request_id, operator)
    values (to_timestamp($1), (select audit_id from profiles where identity_id = $2),
        $3, $4, $5, $6, $7, (select audit_id from profiles where identity_id = $8))";

const OF_USER: &str = "
    select id, extract(epoch from at)::bigint, actor = 'user', action, target from audit_log
    where account = (select audit_id from profiles where identity_id = $1)
        and ($2::bigint is null or id < $2)
    order by id desc limit $3";

const PRUNE: &str = "select prune_audit_log()";

/// The audit log in table `audit_log`, whose triggers reject all changes.
#[derive(Clone, Debug)]
pub struct PostgresAuditLog {
    pool: PgPool,
}

impl PostgresAuditLog {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

type Row = (i64, i64, bool, String, Option<String>);

#[async_trait]
impl AuditLog for PostgresAuditLog {
    async fn append(&self, entry: &AuditEntry) -> PortResult<()> {
        let AuditEntry { account, operator, record, address, request_id } = entry;
        let query = sqlx::query(APPEND)
            .bind(seconds(record.at))
            .bind(account.map(|user| user.as_uuid()))
            .bind(if record.by_user { "user" } else { "system" })
            .bind(&record.action)
            .bind(&record.target)
            .bind(address)
            .bind(request_id)
            .bind(operator.map(|user| user.as_uuid()));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query("write the audit log", error))?;
        Ok(())
    }

    async fn entries_of(
        &self,
        user: UserId,
        before: Option<i64>,
        limit: u16,
    ) -> PortResult<Vec<(i64, AuditRecord)>> {
        let query =
            sqlx::query_as(OF_USER).bind(user.as_uuid()).bind(before).bind(i64::from(limit));
        let rows: sqlx::Result<Vec<Row>> = query.fetch_all(&self.pool).await;
        let failed = |error| failed_query(format!("read the audit log of {user}"), error);
        let entries = rows.map_err(failed)?.into_iter().map(|(id, at, by_user, action, target)| {
            let at = Timestamp::from_second(at)?;
            Ok((id, AuditRecord { at, by_user, action, target }))
        });
        let entries: Result<_, jiff::Error> = entries.collect();
        entries.map_err(|error| failed(sqlx::Error::Decode(error.into())))
    }

    /// The database compares with its own clock, so that a wrong clock of a process removes nothing.
    async fn prune(&self, _now: Timestamp) -> PortResult<u64> {
        let row: sqlx::Result<(i64,)> = sqlx::query_as(PRUNE).fetch_one(&self.pool).await;
        let (count,) = row.map_err(|error| failed_query("prune the audit log", error))?;
        Ok(count.unsigned_abs())
    }
}
