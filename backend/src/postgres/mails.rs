//! The ports [`Outbox`] and [`MailPreferences`] on PostgreSQL.

use super::seconds;
use crate::ports::{MailClaim, MailEvent, MailPreferences, Outbox, PortError, PortResult};
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::postgres::PgPool;

/// Records the event and claims it in one statement. The row lock serializes concurrent callers, so
/// the second finds the claim of the first. The lock of the profile prevents its deletion until the
/// mail is recorded, so that purging the user deletes both.
const CLAIM: &str = "
    insert into mails (event, user_id, message, created, claimed_at, attempts)
    select $1, identity_id, $3, to_timestamp($4), to_timestamp($4), 1
    from profiles where identity_id = $2 for key share
    on conflict (event) do update set
        claimed_at = excluded.claimed_at, attempts = mails.attempts + 1
    where mails.sent_at is null and mails.given_up_at is null
        and (mails.claimed_at is null or mails.claimed_at <= to_timestamp($5))
    returning attempts, extract(epoch from created)::bigint";

const IS_OVER: &str = "
    select sent_at is not null or given_up_at is not null from mails
    where event = $1 and exists (select from profiles where identity_id = $2)";

const SENT: &str = "
    update mails set
        sent_at = to_timestamp($3), ses_message_id = $2, last_error = null, given_up_at = null
    where event = $1 and sent_at is null";

const GIVE_UP: &str = "
    update mails set given_up_at = to_timestamp($3), last_error = $2
    where event = $1 and sent_at is null";

const RELEASE: &str = "
    update mails set claimed_at = null, last_error = $2
    where event = $1 and attempts = $3 and sent_at is null and given_up_at is null";

const UNSENT: &str = "
    select message from mails
    where sent_at is null and given_up_at is null and created <= to_timestamp($1)
        and (claimed_at is null or claimed_at <= to_timestamp($2))
    order by created limit $3";

/// The outbox in table `mails`, the preferences in table `profiles`.
#[derive(Clone, Debug)]
pub struct PostgresMails {
    pool: PgPool,
}

impl PostgresMails {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_claim(
        &self,
        event: &MailEvent,
        now: Timestamp,
        lease: SignedDuration,
    ) -> sqlx::Result<MailClaim> {
        let taken: Option<(i32, i64)> = sqlx::query_as(CLAIM)
            .bind(&event.key)
            .bind(event.user.as_uuid())
            .bind(&event.message)
            .bind(seconds(now))
            .bind(seconds(now - lease))
            .fetch_optional(&self.pool)
            .await?;
        let Some((attempts, created)) = taken else {
            let query = sqlx::query_as(IS_OVER).bind(&event.key).bind(event.user.as_uuid());
            let over: Option<(bool,)> = query.fetch_optional(&self.pool).await?;
            return Ok(match over {
                None => MailClaim::NoUser,
                Some((true,)) => MailClaim::Settled,
                Some((false,)) => MailClaim::Busy,
            });
        };
        let decode = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
        Ok(MailClaim::Taken {
            attempt: u32::try_from(attempts).map_err(|error| decode(error.into()))?,
            recorded_at: Timestamp::from_second(created).map_err(|error| decode(error.into()))?,
        })
    }
}

#[async_trait]
impl Outbox for PostgresMails {
    async fn claim(
        &self,
        event: &MailEvent,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<MailClaim> {
        let claim = self.try_claim(event, now, lease).await;
        claim.map_err(|error| PortError::new(format!("claim mail {}", event.key), error))
    }

    async fn mark_sent(&self, key: &str, message_id: &str, now: Timestamp) -> PortResult<()> {
        let query = sqlx::query(SENT).bind(key).bind(message_id).bind(seconds(now));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| PortError::new(format!("mark mail {key} as sent"), error))?;
        Ok(())
    }

    async fn give_up(&self, key: &str, reason: &str, now: Timestamp) -> PortResult<()> {
        let query = sqlx::query(GIVE_UP).bind(key).bind(reason).bind(seconds(now));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| PortError::new(format!("mark mail {key} as given up"), error))?;
        Ok(())
    }

    async fn release(&self, key: &str, attempt: u32, reason: &str) -> PortResult<()> {
        let query = sqlx::query(RELEASE).bind(key).bind(reason).bind(i64::from(attempt));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| PortError::new(format!("release mail {key}"), error))?;
        Ok(())
    }

    async fn unsent(
        &self,
        before: Timestamp,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
    ) -> PortResult<Vec<Value>> {
        let rows: sqlx::Result<Vec<(Value,)>> = sqlx::query_as(UNSENT)
            .bind(seconds(before))
            .bind(seconds(now - lease))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await;
        let rows = rows.map_err(|error| PortError::new("list unsent mails", error))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }
}

#[async_trait]
impl MailPreferences for PostgresMails {
    async fn wants_results(&self, user: UserId) -> PortResult<Option<bool>> {
        const SELECT: &str = "select mail_results from profiles where identity_id = $1";
        let row: sqlx::Result<Option<(bool,)>> =
            sqlx::query_as(SELECT).bind(user.as_uuid()).fetch_optional(&self.pool).await;
        let row =
            row.map_err(|error| PortError::new(format!("read the preferences of {user}"), error))?;
        Ok(row.map(|row| row.0))
    }

    async fn set_wants_results(&self, user: UserId, wanted: bool) -> PortResult<bool> {
        const UPDATE: &str =
            "update profiles set mail_results = $2, updated = now() where identity_id = $1";
        let query = sqlx::query(UPDATE).bind(user.as_uuid()).bind(wanted);
        let done = query.execute(&self.pool).await;
        let done = done
            .map_err(|error| PortError::new(format!("store the preferences of {user}"), error))?;
        Ok(done.rows_affected() == 1)
    }
}
