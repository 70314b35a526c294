//! The ports [`Outbox`] and [`MailPreferences`] on PostgreSQL.

use super::{failed_query, seconds};
use crate::ports::{
    ClaimedMail, Held, JOB_RESULT_KEYS, MailClaim, MailEvent, MailPreferences, Outbox, PortResult,
};
use async_trait::async_trait;
use gas_shared::{JobMailKind, JobMails, UserId};
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
    where event = any ($1) and sent_at is null";

const HOLD: &str = "
    insert into mails (event, user_id, message, created)
    select $1, identity_id, $3, to_timestamp($4)
    from profiles where identity_id = $2 for key share
    on conflict (event) do nothing";

const WAITING: &str = "
    select count(*) from mails
    where user_id = $1 and starts_with(event, $2) and event <> $3
        and sent_at is null and given_up_at is null
        and (claimed_at is null or claimed_at <= to_timestamp($4))";

/// A row that another caller has claimed is skipped.
const CLAIM_WAITING: &str = "
    with chosen as (
        select event from mails
        where user_id = $1 and starts_with(event, $2)
            and sent_at is null and given_up_at is null
            and (claimed_at is null or claimed_at <= to_timestamp($4))
        order by created, event limit $5
        for update skip locked
    )
    update mails set claimed_at = to_timestamp($3), attempts = attempts + 1
    from chosen where mails.event = chosen.event
    returning mails.event, message, attempts, extract(epoch from created)::bigint";

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

    async fn try_hold(&self, event: &MailEvent, now: Timestamp) -> sqlx::Result<Held> {
        let query = sqlx::query(HOLD).bind(&event.key).bind(event.user.as_uuid());
        let done = query.bind(&event.message).bind(seconds(now)).execute(&self.pool).await?;
        if done.rows_affected() == 1 {
            return Ok(Held::Waiting);
        }
        let query = sqlx::query_as(IS_OVER).bind(&event.key).bind(event.user.as_uuid());
        let over: Option<(bool,)> = query.fetch_optional(&self.pool).await?;
        Ok(match over {
            None => Held::NoUser,
            Some((true,)) => Held::Settled,
            Some((false,)) => Held::Waiting,
        })
    }

    async fn try_claim_waiting(
        &self,
        user: UserId,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
    ) -> sqlx::Result<Vec<ClaimedMail>> {
        let rows: Vec<(String, Value, i32, i64)> = sqlx::query_as(CLAIM_WAITING)
            .bind(user.as_uuid())
            .bind(JOB_RESULT_KEYS)
            .bind(seconds(now))
            .bind(seconds(now - lease))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let decode = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
        let mut claimed = Vec::with_capacity(rows.len());
        for (key, message, attempts, created) in rows {
            claimed.push(ClaimedMail {
                key,
                message,
                attempt: u32::try_from(attempts).map_err(|error| decode(error.into()))?,
                recorded_at: Timestamp::from_second(created)
                    .map_err(|error| decode(error.into()))?,
            });
        }
        // An update returns rows in no order.
        claimed.sort_by(|one, other| {
            (one.recorded_at, &one.key).cmp(&(other.recorded_at, &other.key))
        });
        Ok(claimed)
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
        claim.map_err(|error| failed_query(format!("claim mail {}", event.key), error))
    }

    async fn hold(&self, event: &MailEvent, now: Timestamp) -> PortResult<Held> {
        let held = self.try_hold(event, now).await;
        held.map_err(|error| failed_query(format!("record mail {}", event.key), error))
    }

    async fn waiting(
        &self,
        user: UserId,
        except: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<u32> {
        let query = sqlx::query_scalar(WAITING).bind(user.as_uuid()).bind(JOB_RESULT_KEYS);
        let query = query.bind(except).bind(seconds(now - lease));
        let count: sqlx::Result<i64> = query.fetch_one(&self.pool).await;
        let count =
            count.map_err(|error| failed_query(format!("count the mails of {user}"), error))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn claim_waiting(
        &self,
        user: UserId,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
    ) -> PortResult<Vec<ClaimedMail>> {
        let claimed = self.try_claim_waiting(user, now, lease, limit).await;
        claimed.map_err(|error| failed_query(format!("claim the mails of {user}"), error))
    }

    async fn mark_sent(&self, keys: &[String], message_id: &str, now: Timestamp) -> PortResult<()> {
        let query = sqlx::query(SENT).bind(keys).bind(message_id).bind(seconds(now));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("mark {keys:?} as sent"), error))?;
        Ok(())
    }

    async fn give_up(&self, key: &str, reason: &str, now: Timestamp) -> PortResult<()> {
        let query = sqlx::query(GIVE_UP).bind(key).bind(reason).bind(seconds(now));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("mark mail {key} as given up"), error))?;
        Ok(())
    }

    async fn release(&self, key: &str, attempt: u32, reason: &str) -> PortResult<()> {
        let query = sqlx::query(RELEASE).bind(key).bind(reason).bind(i64::from(attempt));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("release mail {key}"), error))?;
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
        let rows = rows.map_err(|error| failed_query("list unsent mails", error))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }
}

#[async_trait]
impl MailPreferences for PostgresMails {
    async fn job_mails(&self, user: UserId) -> PortResult<Option<JobMails>> {
        const SELECT: &str = "select mail_results, mail_muted from profiles where identity_id = $1";
        let row: sqlx::Result<Option<(bool, Vec<String>)>> =
            sqlx::query_as(SELECT).bind(user.as_uuid()).fetch_optional(&self.pool).await;
        let row =
            row.map_err(|error| failed_query(format!("read the preferences of {user}"), error))?;
        Ok(row.map(|(any, muted)| if any { without(&muted) } else { JobMails::NONE }))
    }

    async fn set_job_mails(&self, user: UserId, wanted: JobMails) -> PortResult<bool> {
        const UPDATE: &str = "
            update profiles set mail_results = $2, mail_muted = $3, updated = now()
            where identity_id = $1";
        let muted: Vec<&str> = JobMailKind::ALL
            .into_iter()
            .filter(|kind| wanted.wants_any() && !wanted.wants(*kind))
            .map(JobMailKind::as_str)
            .collect();
        let query = sqlx::query(UPDATE).bind(user.as_uuid()).bind(wanted.wants_any()).bind(muted);
        let done = query.execute(&self.pool).await;
        let done =
            done.map_err(|error| failed_query(format!("store the preferences of {user}"), error))?;
        Ok(done.rows_affected() == 1)
    }
}

/// All mails but those of the muted kinds. Kinds of a newer version are ignored.
fn without(muted: &[String]) -> JobMails {
    let is_muted = |kind: JobMailKind| muted.iter().any(|name| name == kind.as_str());
    JobMailKind::ALL
        .into_iter()
        .fold(JobMails::ALL, |mails, kind| mails.with(kind, !is_muted(kind)))
}
