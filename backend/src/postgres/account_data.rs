//! The port [`AccountData`] on PostgreSQL.

use super::seconds;
use super::sessions::end_all_sessions;
use super::share_links::delete_share_links;
use super::{failed_query, imports::delete_imports};
use crate::ports::{AccountData, ClosedAccount, ClosingAccount, MailRecord, PortResult};
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::Timestamp;
use sqlx::postgres::PgPool;
use uuid::Uuid;

const MAILS: &str = "
    select event, extract(epoch from created)::bigint, extract(epoch from sent_at)::bigint
    from mails where user_id = $1 and event > $2
    order by event limit $3";

const REQUEST: &str = "
    update profiles set
        deletion_requested = coalesce(deletion_requested, to_timestamp($2)),
        -- A user without a Stripe customer cannot be charged.
        billing_closed = billing_closed or stripe_customer is null,
        updated = now()
    where identity_id = $1";

const END_TOKENS: &str = "delete from api_tokens where owner = $1";

const CLOSING: &str = "
    select identity_id, extract(epoch from deletion_requested)::bigint, billing_closed
    from profiles
    where deletion_requested is not null and ($1::uuid is null or identity_id > $1)
    order by identity_id limit $2";

const PURGE: &str = "
    delete from profiles
    where identity_id = $1 and deletion_requested is not null and billing_closed";

/// Runs after the profile is deleted: its lock blocks new mails, so this sees all that were
/// recorded.
const PURGE_MAILS: &str = "delete from mails where user_id = $1";

/// A user who has signed in and closed the account again is closed as of now.
const REMEMBER: &str = "
    insert into closed_accounts (user_id, purged) values ($1, to_timestamp($2))
    on conflict (user_id) do update set purged = excluded.purged";

const CLOSED: &str = "
    select user_id, extract(epoch from purged)::bigint from closed_accounts
    where $1::uuid is null or user_id > $1
    order by user_id limit $2";

const FORGET: &str = "delete from closed_accounts where user_id = $1 and purged = to_timestamp($2)";

const WITHOUT_RETENTION: &str = "
    select identity_id from profiles
    where not has_retention and deletion_requested is null
    limit $1";

const MARK_RETENTION: &str = "update profiles set has_retention = true where identity_id = $1";

/// Users' data in tables `profiles`, `mails`, `api_tokens`, `share_links`, `imports` and `sessions`.
#[derive(Clone, Debug)]
pub struct PostgresAccountData {
    pool: PgPool,
}

impl PostgresAccountData {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_request(&self, user: UserId, now: Timestamp) -> sqlx::Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let request = sqlx::query(REQUEST).bind(user.as_uuid()).bind(seconds(now));
        let done = request.execute(&mut *transaction).await?;
        sqlx::query(END_TOKENS).bind(user.as_uuid()).execute(&mut *transaction).await?;
        delete_share_links(&mut transaction, user).await?;
        delete_imports(&mut transaction, user).await?;
        end_all_sessions(&mut transaction, user).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    async fn try_purge(&self, user: UserId, now: Timestamp) -> sqlx::Result<()> {
        let mut transaction = self.pool.begin().await?;
        let gone = sqlx::query(PURGE).bind(user.as_uuid()).execute(&mut *transaction).await?;
        if gone.rows_affected() == 1 {
            sqlx::query(PURGE_MAILS).bind(user.as_uuid()).execute(&mut *transaction).await?;
            let remember = sqlx::query(REMEMBER).bind(user.as_uuid()).bind(seconds(now));
            remember.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

#[async_trait]
impl AccountData for PostgresAccountData {
    async fn mails_of(
        &self,
        user: UserId,
        after: Option<&str>,
        limit: u16,
    ) -> PortResult<Vec<MailRecord>> {
        let rows: sqlx::Result<Vec<(String, i64, Option<i64>)>> = sqlx::query_as(MAILS)
            .bind(user.as_uuid())
            .bind(after.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await;
        let failed = |error| failed_query(format!("list the mails of {user}"), error);
        let rows = rows.map_err(failed)?;
        let records = rows.into_iter().map(|(event, created, sent)| {
            let sent_at = sent.map(Timestamp::from_second).transpose()?;
            Ok(MailRecord { event, created_at: Timestamp::from_second(created)?, sent_at })
        });
        let records: Result<_, jiff::Error> = records.collect();
        records.map_err(|error| failed(sqlx::Error::Decode(error.into())))
    }

    async fn request_deletion(&self, user: UserId, now: Timestamp) -> PortResult<bool> {
        let done = self.try_request(user, now).await;
        done.map_err(|error| {
            failed_query(format!("record that {user} closes their account"), error)
        })
    }

    async fn closing_accounts(
        &self,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<ClosingAccount>> {
        let after = after.map(|user| user.as_uuid());
        let query = sqlx::query_as(CLOSING).bind(after).bind(i64::from(limit));
        let rows: sqlx::Result<Vec<(Uuid, i64, bool)>> = query.fetch_all(&self.pool).await;
        let failed = |error| failed_query("list the accounts that are being closed", error);
        let rows = rows.map_err(failed)?;
        let closing = rows.into_iter().map(|(user, requested, billing_closed)| {
            let requested_at = Timestamp::from_second(requested)?;
            Ok(ClosingAccount { user: UserId::new(user), requested_at, billing_closed })
        });
        let closing: Result<_, jiff::Error> = closing.collect();
        closing.map_err(|error| failed(sqlx::Error::Decode(error.into())))
    }

    async fn purge(&self, user: UserId, now: Timestamp) -> PortResult<()> {
        let done = self.try_purge(user, now).await;
        done.map_err(|error| failed_query(format!("delete the profile of {user}"), error))
    }

    async fn closed_accounts(
        &self,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<ClosedAccount>> {
        let after = after.map(|user| user.as_uuid());
        let query = sqlx::query_as(CLOSED).bind(after).bind(i64::from(limit));
        let rows: sqlx::Result<Vec<(Uuid, i64)>> = query.fetch_all(&self.pool).await;
        let failed = |error| failed_query("list the closed accounts", error);
        let closed = rows.map_err(failed)?.into_iter().map(|(user, purged)| {
            let purged_at = Timestamp::from_second(purged)?;
            Ok(ClosedAccount { user: UserId::new(user), purged_at })
        });
        let closed: Result<_, jiff::Error> = closed.collect();
        closed.map_err(|error| failed(sqlx::Error::Decode(error.into())))
    }

    async fn users_without_retention(&self, limit: u16) -> PortResult<Vec<UserId>> {
        let query = sqlx::query_scalar(WITHOUT_RETENTION).bind(i64::from(limit));
        let users: sqlx::Result<Vec<Uuid>> = query.fetch_all(&self.pool).await;
        let users =
            users.map_err(|error| failed_query("list the users without retention", error))?;
        Ok(users.into_iter().map(UserId::new).collect())
    }

    async fn mark_retention(&self, user: UserId) -> PortResult<()> {
        let done = sqlx::query(MARK_RETENTION).bind(user.as_uuid()).execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("mark the retention of {user}"), error))?;
        Ok(())
    }

    async fn forget_closed(&self, closed: &ClosedAccount) -> PortResult<()> {
        let ClosedAccount { user, purged_at } = closed;
        let query = sqlx::query(FORGET).bind(user.as_uuid()).bind(seconds(*purged_at));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("forget the closed account {user}"), error))?;
        Ok(())
    }
}
