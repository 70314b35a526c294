//! The port [`BillingStore`] on PostgreSQL.

use super::{accounts::Profile, failed_query};
use super::{moment, seconds};
use crate::ports::{
    BillingRow, BillingStore, BillingUpdate, ClaimedEvent, EventState, PortResult, StoredEvent,
    WriteOutcome,
};
use async_trait::async_trait;
use gas_shared::{Plan, UserId};
use jiff::Timestamp;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{FromRow, Row};
use uuid::Uuid;

/// Times are transferred as seconds, the precision of everything GAS stores.
const COLUMNS: &str = "
    identity_id, name, email, institution, role, time_zone, stripe_customer, billing_version,
    extract(epoch from created)::bigint as created,
    extract(epoch from plan_since)::bigint as plan_since,
    plan_version, plan_version = plan_announced as announced,
    premium_basis is not distinct from 'grant' as granted";

/// Stores an update, and the time of a change of plan.
const WRITE: &str = "
    update profiles set
        plan_since = case when role = $3 then plan_since else to_timestamp($7) end,
        plan_version = case when role = $3 then plan_version else billing_version + 1 end,
        role = $3,
        stripe_subscription = $4,
        subscription_status = $5,
        billing_check = to_timestamp($6),
        billing_version = billing_version + 1,
        updated = now()
    where identity_id = $1 and billing_version = $2";

/// Gives Premium to one user, or to all if `$1` is null, and records changes of plans in the audit log.
const GIVE_PREMIUM: &str = "
    with given as (
        update profiles set
            plan_since = case when role = $3 then plan_since else to_timestamp($2) end,
            plan_version = case when role = $3 then plan_version else billing_version + 1 end,
            role = $3,
            premium_basis = 'everyone',
            billing_check = null,
            billing_version = billing_version + 1,
            updated = now()
        where premium_basis is null and deletion_requested is null
            and ($1::uuid is null or identity_id = $1)
        returning audit_id, plan_version = billing_version as changed
    ), recorded as (
        insert into audit_log (at, account, actor, action, target)
        select to_timestamp($2), audit_id, 'system', 'plan_changed', $3 from given where changed
    )
    select 1 from given";

/// Billing in table `profiles`, events in table `stripe_events`.
#[derive(Clone, Debug)]
pub struct PostgresBilling {
    pool: PgPool,
}

impl PostgresBilling {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn row_where<'a, V>(&self, column: &str, value: V) -> sqlx::Result<Option<BillingRow>>
    where
        V: sqlx::Encode<'a, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + 'a,
    {
        let sql = format!("select {COLUMNS} from profiles where {column} = $1");
        let query = sqlx::query_as::<_, Stored>(sqlx::AssertSqlSafe(sql)).bind(value);
        Ok(query.fetch_optional(&self.pool).await?.map(|stored| stored.0))
    }
}

#[async_trait]
impl BillingStore for PostgresBilling {
    async fn billing_of(&self, user: UserId) -> PortResult<Option<BillingRow>> {
        let row = self.row_where("identity_id", user.as_uuid()).await;
        row.map_err(|error| failed_query(format!("read the billing of {user}"), error))
    }

    async fn billing_of_customer(&self, customer: &str) -> PortResult<Option<BillingRow>> {
        let row = self.row_where("stripe_customer", customer).await;
        row.map_err(|error| failed_query(format!("read the billing of {customer}"), error))
    }

    async fn link_customer(&self, user: UserId, customer: &str) -> PortResult<Option<String>> {
        const LINK: &str = "
            update profiles set stripe_customer = coalesce(stripe_customer, $2), updated = now()
            where identity_id = $1 and deletion_requested is null
            returning stripe_customer";
        let query = sqlx::query_as(LINK).bind(user.as_uuid()).bind(customer);
        let row: sqlx::Result<Option<(String,)>> = query.fetch_optional(&self.pool).await;
        let row =
            row.map_err(|error| failed_query(format!("store the customer of {user}"), error))?;
        Ok(row.map(|row| row.0))
    }

    async fn write_billing(
        &self,
        row: &BillingRow,
        update: &BillingUpdate<'_>,
        at: Timestamp,
    ) -> PortResult<WriteOutcome> {
        let user = row.account.id;
        let done = sqlx::query(WRITE)
            .bind(user.as_uuid())
            .bind(row.version)
            .bind(update.plan.as_role())
            .bind(update.subscription.map(|subscription| subscription.id.as_str()))
            .bind(update.subscription.map(|subscription| subscription.status.as_str()))
            .bind(update.check_at.map(seconds))
            .bind(seconds(at))
            .execute(&self.pool)
            .await
            .map_err(|error| failed_query(format!("write the billing of {user}"), error))?;
        Ok(match done.rows_affected() {
            0 => WriteOutcome::Conflict,
            _ => WriteOutcome::Written,
        })
    }

    async fn set_grant(&self, user: UserId, granted: bool, at: Timestamp) -> PortResult<bool> {
        const SET: &str = "
            update profiles set
                premium_basis = case when $2 then 'grant' end,
                billing_check = to_timestamp($3),
                billing_version = billing_version + 1,
                updated = now()
            where identity_id = $1 and deletion_requested is null
                and premium_basis is distinct from 'everyone'";
        let query = sqlx::query(SET).bind(user.as_uuid()).bind(granted).bind(seconds(at));
        let done = query.execute(&self.pool).await;
        let done = done.map_err(|error| failed_query(format!("grant Premium to {user}"), error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn give_premium_to_everyone(
        &self,
        only: Option<UserId>,
        at: Timestamp,
    ) -> PortResult<u64> {
        let done = sqlx::query(GIVE_PREMIUM)
            .bind(only.map(|user| user.as_uuid()))
            .bind(seconds(at))
            .bind(Plan::Premium.as_role())
            .execute(&self.pool)
            .await
            .map_err(|error| failed_query("give Premium to all users", error))?;
        Ok(done.rows_affected())
    }

    async fn end_premium_of_everyone(&self, at: Timestamp) -> PortResult<u64> {
        const END: &str = "
            update profiles set premium_basis = null, billing_check = to_timestamp($1)
            where premium_basis = 'everyone'";
        let done = sqlx::query(END).bind(seconds(at)).execute(&self.pool).await;
        let done = done.map_err(|error| failed_query("end Premium of all users", error))?;
        Ok(done.rows_affected())
    }

    async fn mark_plan_announced(&self, user: UserId, plan_version: i64) -> PortResult<()> {
        const ANNOUNCED: &str = "
            update profiles set plan_announced = $2 where identity_id = $1";
        let query = sqlx::query(ANNOUNCED).bind(user.as_uuid()).bind(plan_version);
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("record the announced plan of {user}"), error))?;
        Ok(())
    }

    async fn close_billing(&self, user: UserId) -> PortResult<()> {
        const CLOSE: &str = "
            update profiles set billing_closed = true, stripe_customer = null, billing_check = null
            where identity_id = $1 and deletion_requested is not null";
        let done = sqlx::query(CLOSE).bind(user.as_uuid()).execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("close the billing of {user}"), error))?;
        Ok(())
    }

    async fn users_to_check(
        &self,
        now: Timestamp,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<UserId>> {
        const DUE: &str = "
            select identity_id from profiles
            where (billing_check <= to_timestamp($1) or plan_version <> plan_announced)
                and ($2::uuid is null or identity_id > $2)
            order by identity_id
            limit $3";
        let after = after.map(|user| user.as_uuid());
        let query = sqlx::query_as(DUE).bind(seconds(now)).bind(after).bind(i64::from(limit));
        let rows: sqlx::Result<Vec<(Uuid,)>> = query.fetch_all(&self.pool).await;
        let rows = rows
            .map_err(|error| failed_query("list the users whose plan is to be checked", error))?;
        Ok(rows.into_iter().map(|row| UserId::new(row.0)).collect())
    }

    async fn record_event(&self, event: &StoredEvent, at: Timestamp) -> PortResult<EventState> {
        // Rows of older versions have no body. The statement returns an existing row, too.
        const RECEIVED: &str = "
            insert into stripe_events (id, type, body, received, due)
            values ($1, $2, $3, to_timestamp($4), to_timestamp($4))
            on conflict (id) do update set
                body = coalesce(stripe_events.body, excluded.body),
                due = coalesce(stripe_events.due, excluded.due)
            returning processed is not null";
        let StoredEvent { id, kind, body } = event;
        let query = sqlx::query_as(RECEIVED).bind(id).bind(kind).bind(body).bind(seconds(at));
        let row: sqlx::Result<(bool,)> = query.fetch_one(&self.pool).await;
        let row = row.map_err(|error| failed_query(format!("record event {id}"), error))?;
        Ok(if row.0 { EventState::Processed } else { EventState::Pending })
    }

    async fn claim_events(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u16,
    ) -> PortResult<Vec<ClaimedEvent>> {
        const CLAIM: &str = "
            update stripe_events set due = to_timestamp($2), attempts = attempts + 1
            where id in (
                select id from stripe_events
                where processed is null and body is not null and due <= to_timestamp($1)
                order by due limit $3
                for update skip locked
            )
            returning id, type, body, attempts";
        let query = sqlx::query_as(CLAIM).bind(seconds(now)).bind(seconds(until));
        let rows: sqlx::Result<Vec<(String, String, serde_json::Value, i32)>> =
            query.bind(i64::from(limit)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| failed_query("claim events of Stripe", error))?;
        let claimed = rows.into_iter().map(|(id, kind, body, attempts)| ClaimedEvent {
            event: StoredEvent { id, kind, body },
            attempt: attempts.unsigned_abs(),
        });
        Ok(claimed.collect())
    }

    async fn mark_event_processed(&self, id: &str, at: Timestamp) -> PortResult<()> {
        const PROCESSED: &str = "
            update stripe_events set processed = to_timestamp($2)
            where id = $1 and processed is null";
        let query = sqlx::query(PROCESSED).bind(id).bind(seconds(at));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("mark event {id} as processed"), error))?;
        Ok(())
    }

    async fn postpone_event(&self, id: &str, until: Timestamp, error: &str) -> PortResult<()> {
        const POSTPONE: &str = "
            update stripe_events set due = to_timestamp($2), last_error = $3
            where id = $1 and processed is null";
        let query = sqlx::query(POSTPONE).bind(id).bind(seconds(until)).bind(error);
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("postpone event {id}"), error))?;
        Ok(())
    }

    async fn delete_events(&self, received_before: Timestamp) -> PortResult<u64> {
        const DELETE: &str = "
            with deleted as (
                delete from stripe_events where received < to_timestamp($1) returning processed
            )
            select count(*) from deleted where processed is null";
        let query = sqlx::query_scalar(DELETE).bind(seconds(received_before));
        let unprocessed: sqlx::Result<i64> = query.fetch_one(&self.pool).await;
        let unprocessed =
            unprocessed.map_err(|error| failed_query("delete old events of Stripe", error))?;
        Ok(unprocessed.unsigned_abs())
    }
}

/// Billing read from a row.
struct Stored(BillingRow);

impl FromRow<'_, PgRow> for Stored {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let created = moment(row, "created")?;
        Ok(Self(BillingRow {
            account: Profile::from_row(row)?.0,
            created: created.ok_or_else(|| sqlx::Error::ColumnNotFound("created".to_owned()))?,
            customer: row.try_get("stripe_customer")?,
            plan_since: moment(row, "plan_since")?,
            plan_version: row.try_get("plan_version")?,
            announced: row.try_get("announced")?,
            granted: row.try_get("granted")?,
            version: row.try_get("billing_version")?,
        }))
    }
}
