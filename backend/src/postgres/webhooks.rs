//! The port [`WebhookStore`] on PostgreSQL.

use super::{failed_query, lock_active_owner, moment, seconds};
use crate::ports::{AttemptOutcome, DueDelivery, NewWebhookRow, PortResult, WebhookStore};
use crate::webhooks::message_id;
use async_trait::async_trait;
use gas_shared::webhook::{
    DeliveryOutcome, DeliveryView, TEST_MESSAGE, UnknownEvent, WebhookEvent, WebhookHealth,
    WebhookView,
};
use gas_shared::{UserId, WebhookId};
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

const INSERT: &str = "
    insert into webhooks (id, owner, url, events, created)
    select $1, $2, $3, $4, to_timestamp($5)
    where $6 > (select count(*) from webhooks where owner = $2)";

const OF_OWNER: &str = "
    select id, url, events,
        extract(epoch from created)::bigint as created,
        extract(epoch from failing_since)::bigint as failing_since,
        extract(epoch from disabled)::bigint as disabled
    from webhooks where owner = $1
    order by webhooks.created, id";

const DELIVERIES: &str = "
    select newest.id, newest.webhook, newest.event, newest.attempts, newest.problem,
        extract(epoch from newest.created)::bigint as created,
        extract(epoch from newest.next_attempt)::bigint as next_attempt,
        extract(epoch from newest.ended)::bigint as ended
    from webhooks cross join lateral (
        select * from webhook_deliveries
        where webhook = webhooks.id order by created desc, id limit $2
    ) newest
    where webhooks.owner = $1
    order by newest.webhook, newest.created desc, newest.id";

const DELETE: &str = "delete from webhooks where id = $2 and owner = $1";

const ENABLE: &str = "
    update webhooks set failing_since = null, disabled = null where id = $2 and owner = $1";

/// Webhooks of users who are blocked or close their account are not called.
const IS_SUBSCRIBED: &str = "
    select exists (
        select from webhooks hook join profiles owner on owner.identity_id = hook.owner
        where hook.disabled is null and owner.deletion_requested is null and owner.blocked is null
            and hook.owner = $1 and $2 = any (hook.events))";

const RECORD: &str = "
    insert into webhook_deliveries (id, webhook, event_key, event, body, created, next_attempt)
    select gen_random_uuid(), hook.id, $3, $2, $4, to_timestamp($5), to_timestamp($5)
    from webhooks hook join profiles owner on owner.identity_id = hook.owner
    where hook.disabled is null and owner.deletion_requested is null and owner.blocked is null
        and hook.owner = $1 and $2 = any (hook.events)
    on conflict (webhook, event_key) do nothing";

const RECORD_TEST: &str = "
    insert into webhook_deliveries (id, webhook, event_key, event, body, created, next_attempt)
    select gen_random_uuid(), id, 'test/' || gen_random_uuid(), $3, $4, to_timestamp($5),
        to_timestamp($5)
    from webhooks where owner = $1 and id = $2 and disabled is null";

/// `skip locked` leaves a message to the caller that claims it. A row that was claimed in the meantime does not match
/// any longer, because its next attempt is later.
const CLAIM: &str = "
    with first as (
        select distinct on (delivery.webhook) delivery.id, delivery.next_attempt
        from webhook_deliveries delivery
            join webhooks hook on hook.id = delivery.webhook
            join profiles owner on owner.identity_id = hook.owner
        where delivery.ended is null and delivery.next_attempt <= to_timestamp($1)
            and not (delivery.webhook = any ($4))
            and hook.disabled is null and owner.deletion_requested is null
            and owner.blocked is null
        order by delivery.webhook, delivery.next_attempt, delivery.created, delivery.id
    ), chosen as (
        select delivery.id from webhook_deliveries delivery join first using (id)
        where delivery.ended is null and delivery.next_attempt <= to_timestamp($1)
        order by first.next_attempt limit $3
        for update of delivery skip locked
    )
    update webhook_deliveries delivery
    set attempts = delivery.attempts + 1, next_attempt = to_timestamp($2)
    from chosen, webhooks hook
    where delivery.id = chosen.id and hook.id = delivery.webhook
    returning delivery.id, delivery.webhook, hook.owner, hook.url, delivery.body,
        delivery.attempts, extract(epoch from hook.failing_since)::bigint as failing_since";

/// Taken first by everything that ends a delivery and by the deletion of the webhook, so that they do not wait for
/// each other.
const LOCK_HOOK: &str = "select true from webhooks where id = $1 for update";

const END: &str = "
    update webhook_deliveries
    set ended = to_timestamp($3), next_attempt = null, problem = $4
    where id = $1 and attempts = $2 and ended is null";

const RETRY: &str = "
    update webhook_deliveries set next_attempt = to_timestamp($3), problem = $4
    where id = $1 and attempts = $2 and ended is null";

const WORKS: &str = "update webhooks set failing_since = null where id = $1";

const FAILS: &str = "
    update webhooks set failing_since = coalesce(failing_since, to_timestamp($2)) where id = $1";

const DISABLE: &str = "
    update webhooks set disabled = to_timestamp($2),
        failing_since = coalesce(failing_since, to_timestamp($2))
    where id = $1 and disabled is null";

const END_ALL: &str = "
    update webhook_deliveries
    set ended = to_timestamp($2), next_attempt = null, problem = 'the webhook was disabled'
    where webhook = $1 and ended is null";

const PRUNE: &str = "delete from webhook_deliveries where ended < to_timestamp($1)";

/// Webhooks in table `webhooks`, the messages to them in table `webhook_deliveries`.
#[derive(Clone, Debug)]
pub struct PostgresWebhooks {
    pool: PgPool,
}

impl PostgresWebhooks {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_insert(&self, owner: UserId, new: &NewWebhookRow, max: u16) -> sqlx::Result<bool> {
        let events: Vec<&str> = new.events.iter().map(|event| event.as_str()).collect();
        let mut transaction = self.pool.begin().await?;
        let owner = owner.as_uuid();
        lock_active_owner(&mut transaction, owner).await?;
        // As a separate statement, it sees the webhooks committed before the lock was granted.
        let done = sqlx::query(INSERT)
            .bind(new.id.as_uuid())
            .bind(owner)
            .bind(&new.url)
            .bind(events)
            .bind(seconds(new.created_at))
            .bind(i64::from(max))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    async fn try_list(&self, owner: UserId, deliveries: u16) -> sqlx::Result<Vec<WebhookView>> {
        let query = sqlx::query(OF_OWNER).bind(owner.as_uuid());
        let rows = query.fetch_all(&self.pool).await?;
        let mut hooks = rows.iter().map(webhook).collect::<sqlx::Result<Vec<_>>>()?;
        let query = sqlx::query(DELIVERIES).bind(owner.as_uuid()).bind(i64::from(deliveries));
        for row in query.fetch_all(&self.pool).await? {
            let of = WebhookId::new(row.try_get::<Uuid, _>("webhook")?);
            if let Some(hook) = hooks.iter_mut().find(|hook| hook.id == of) {
                hook.deliveries.push(delivery(&row)?);
            }
        }
        Ok(hooks)
    }

    async fn try_settle(
        &self,
        due: &DueDelivery,
        outcome: &AttemptOutcome,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        let hook = due.webhook.as_uuid();
        let mut transaction = self.pool.begin().await?;
        sqlx::query(LOCK_HOOK).bind(hook).execute(&mut *transaction).await?;
        let (change, at, problem) = match outcome {
            AttemptOutcome::Delivered => (END, now, None),
            AttemptOutcome::Retry { problem, at } => (RETRY, *at, Some(problem)),
            AttemptOutcome::GivenUp { problem } | AttemptOutcome::Disabled { problem } => {
                (END, now, Some(problem))
            }
        };
        let done = sqlx::query(change)
            .bind(due.id)
            .bind(i64::from(due.attempt))
            .bind(seconds(at))
            .bind(problem)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 1 {
            let changes: &[&str] = match outcome {
                AttemptOutcome::Delivered => &[WORKS],
                AttemptOutcome::Retry { .. } | AttemptOutcome::GivenUp { .. } => &[FAILS],
                AttemptOutcome::Disabled { .. } => &[DISABLE, END_ALL],
            };
            for change in changes.iter().copied() {
                let query = sqlx::query(change).bind(hook);
                let query = if change == WORKS { query } else { query.bind(seconds(now)) };
                query.execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await
    }

    async fn changed(
        &self,
        statement: &'static str,
        owner: UserId,
        id: WebhookId,
    ) -> sqlx::Result<bool> {
        let query = sqlx::query(statement).bind(owner.as_uuid()).bind(id.as_uuid());
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }
}

#[async_trait]
impl WebhookStore for PostgresWebhooks {
    async fn insert(&self, owner: UserId, new: &NewWebhookRow, max: u16) -> PortResult<bool> {
        let stored = self.try_insert(owner, new, max).await;
        stored.map_err(|error| failed_query(format!("store a webhook of {owner}"), error))
    }

    async fn webhooks_of(&self, owner: UserId, deliveries: u16) -> PortResult<Vec<WebhookView>> {
        let listed = self.try_list(owner, deliveries).await;
        listed.map_err(|error| failed_query(format!("list the webhooks of {owner}"), error))
    }

    async fn delete(&self, owner: UserId, id: WebhookId) -> PortResult<bool> {
        let done = self.changed(DELETE, owner, id).await;
        done.map_err(|error| failed_query(format!("delete webhook {id}"), error))
    }

    async fn enable(&self, owner: UserId, id: WebhookId) -> PortResult<bool> {
        let done = self.changed(ENABLE, owner, id).await;
        done.map_err(|error| failed_query(format!("enable webhook {id}"), error))
    }

    async fn is_subscribed(&self, owner: UserId, event: WebhookEvent) -> PortResult<bool> {
        let query = sqlx::query_scalar(IS_SUBSCRIBED).bind(owner.as_uuid()).bind(event.as_str());
        let found = query.fetch_one(&self.pool).await;
        found.map_err(|error| failed_query(format!("find the webhooks of {owner}"), error))
    }

    async fn record(
        &self,
        owner: UserId,
        event: WebhookEvent,
        key: &str,
        body: &str,
        now: Timestamp,
    ) -> PortResult<u64> {
        let query = sqlx::query(RECORD).bind(owner.as_uuid()).bind(event.as_str()).bind(key);
        let done = query.bind(body).bind(seconds(now)).execute(&self.pool).await;
        let done = done
            .map_err(|error| failed_query(format!("store the messages of event {key}"), error))?;
        Ok(done.rows_affected())
    }

    async fn record_test(
        &self,
        owner: UserId,
        id: WebhookId,
        body: &str,
        now: Timestamp,
    ) -> PortResult<bool> {
        let query = sqlx::query(RECORD_TEST).bind(owner.as_uuid()).bind(id.as_uuid());
        let query = query.bind(TEST_MESSAGE).bind(body).bind(seconds(now));
        let done = query.execute(&self.pool).await;
        let done =
            done.map_err(|error| failed_query(format!("store a test of webhook {id}"), error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
        busy: &[WebhookId],
    ) -> PortResult<Vec<DueDelivery>> {
        let busy: Vec<Uuid> = busy.iter().map(|id| id.as_uuid()).collect();
        let query = sqlx::query(CLAIM).bind(seconds(now)).bind(seconds(now + lease));
        let query = query.bind(i64::from(limit)).bind(busy);
        let rows = query.fetch_all(&self.pool).await;
        let due = rows.and_then(|rows| rows.iter().map(due_delivery).collect());
        due.map_err(|error| failed_query("claim messages to webhooks", error))
    }

    async fn settle(
        &self,
        due: &DueDelivery,
        outcome: &AttemptOutcome,
        now: Timestamp,
    ) -> PortResult<()> {
        let settled = self.try_settle(due, outcome, now).await;
        settled.map_err(|error| {
            failed_query(format!("record an attempt of delivery {}", due.id), error)
        })
    }

    async fn prune(&self, before: Timestamp) -> PortResult<u64> {
        let done = sqlx::query(PRUNE).bind(seconds(before)).execute(&self.pool).await;
        let done = done.map_err(|error| failed_query("delete old deliveries", error))?;
        Ok(done.rows_affected())
    }
}

/// The time in a column that is never null.
fn required(row: &PgRow, column: &str) -> sqlx::Result<Timestamp> {
    moment(row, column)?.ok_or_else(|| sqlx::Error::ColumnNotFound(column.to_owned()))
}

fn attempts(row: &PgRow) -> sqlx::Result<u32> {
    let attempts: i32 = row.try_get("attempts")?;
    u32::try_from(attempts).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn webhook(row: &PgRow) -> sqlx::Result<WebhookView> {
    let events: Vec<String> = row.try_get("events")?;
    let events: Result<Vec<WebhookEvent>, UnknownEvent> =
        events.iter().map(|event| event.parse()).collect();
    let health = match (moment(row, "disabled")?, moment(row, "failing_since")?) {
        (Some(since), _) => WebhookHealth::Disabled { since },
        (None, Some(since)) => WebhookHealth::Failing { since },
        (None, None) => WebhookHealth::Active,
    };
    Ok(WebhookView {
        id: WebhookId::new(row.try_get::<Uuid, _>("id")?),
        url: row.try_get("url")?,
        events: events.map_err(|error| sqlx::Error::Decode(error.into()))?,
        created_at: required(row, "created")?,
        health,
        deliveries: Vec::new(),
    })
}

fn delivery(row: &PgRow) -> sqlx::Result<DeliveryView> {
    let problem: Option<String> = row.try_get("problem")?;
    let outcome = match (moment(row, "ended")?, problem) {
        (Some(at), None) => DeliveryOutcome::Delivered { at },
        (Some(at), Some(problem)) => DeliveryOutcome::Failed { at, problem },
        (None, problem) => {
            DeliveryOutcome::Pending { next_attempt_at: required(row, "next_attempt")?, problem }
        }
    };
    Ok(DeliveryView {
        id: message_id(row.try_get("id")?),
        event: row.try_get("event")?,
        created_at: required(row, "created")?,
        attempts: attempts(row)?,
        outcome,
    })
}

fn due_delivery(row: &PgRow) -> sqlx::Result<DueDelivery> {
    Ok(DueDelivery {
        id: row.try_get("id")?,
        webhook: WebhookId::new(row.try_get::<Uuid, _>("webhook")?),
        owner: UserId::new(row.try_get::<Uuid, _>("owner")?),
        url: row.try_get("url")?,
        body: row.try_get("body")?,
        attempt: attempts(row)?,
        failing_since: moment(row, "failing_since")?,
    })
}
