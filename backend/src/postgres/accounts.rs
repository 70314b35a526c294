//! The port [`Accounts`] on PostgreSQL.

use super::{failed_query, moment, plan};
use crate::ports::{Accounts, CurrentPlan, Identity, PortResult, SignIn};
use async_trait::async_trait;
use gas_shared::{Account, JobOptions, UserId};
use serde_json::Value;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{FromRow, Row};
use uuid::Uuid;

/// Creates or updates the profile. An empty institution does not overwrite a stored one. `xmax = 0`
/// holds for inserted rows only: an updated row carries the lock of its previous version.
const SIGN_IN: &str = "
    insert into profiles (identity_id, name, email, institution)
    values ($1, $2, $3, $4)
    on conflict (identity_id) do update set
        name = excluded.name,
        email = excluded.email,
        institution = coalesce(nullif(excluded.institution, ''), profiles.institution),
        updated = now()
    where profiles.deletion_requested is null and profiles.blocked is null
    returning identity_id, name, email, institution, role, time_zone, (xmax = 0) as first";

const FIND: &str = "
    select identity_id, name, email, institution, role, time_zone from profiles
    where identity_id = $1 and deletion_requested is null";

const CURRENT_PLAN: &str = "
    select role, extract(epoch from plan_since)::bigint as plan_since from profiles
    where identity_id = $1 and deletion_requested is null";

const SET_TIME_ZONE: &str = "
    update profiles set time_zone = $2, updated = now()
    where identity_id = $1 and deletion_requested is null";

const JOB_OPTIONS: &str = "
    select job_options from profiles where identity_id = $1 and deletion_requested is null";

/// Writes nothing if the options are the same: a user may upload many files with them.
const SET_JOB_OPTIONS: &str = "
    update profiles set job_options = $2
    where identity_id = $1 and deletion_requested is null and job_options is distinct from $2";

/// The profiles in table `profiles`.
#[derive(Clone, Debug)]
pub struct PostgresAccounts {
    pool: PgPool,
}

impl PostgresAccounts {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl Accounts for PostgresAccounts {
    async fn record_sign_in(&self, identity: &Identity) -> PortResult<Option<SignIn>> {
        let row = sqlx::query(SIGN_IN)
            .bind(identity.id.as_uuid())
            .bind(&identity.name)
            .bind(&identity.email)
            .bind(&identity.institution)
            .fetch_optional(&self.pool)
            .await;
        let sign_in = |row: PgRow| {
            Ok(SignIn { first: row.try_get("first")?, account: Profile::from_row(&row)?.0 })
        };
        row.and_then(|row| row.map(sign_in).transpose())
            .map_err(|error| failed_query(format!("store the profile of {}", identity.id), error))
    }

    async fn account(&self, id: UserId) -> PortResult<Option<Account>> {
        let profile = sqlx::query_as::<_, Profile>(FIND)
            .bind(id.as_uuid())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failed_query(format!("read the profile of {id}"), error))?;
        Ok(profile.map(|profile| profile.0))
    }

    async fn current_plan(&self, id: UserId) -> PortResult<Option<CurrentPlan>> {
        let query = sqlx::query(CURRENT_PLAN).bind(id.as_uuid());
        let row = query.fetch_optional(&self.pool).await;
        let read =
            |row: PgRow| Ok(CurrentPlan { plan: plan(&row)?, since: moment(&row, "plan_since")? });
        row.and_then(|row| row.map(read).transpose())
            .map_err(|error| failed_query(format!("read the plan of {id}"), error))
    }

    async fn set_time_zone(&self, id: UserId, name: &str) -> PortResult<()> {
        let query = sqlx::query(SET_TIME_ZONE).bind(id.as_uuid()).bind(name);
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("store the time zone of {id}"), error))?;
        Ok(())
    }

    async fn job_options(&self, id: UserId) -> PortResult<Option<JobOptions>> {
        let query = sqlx::query_scalar(JOB_OPTIONS).bind(id.as_uuid());
        let stored: sqlx::Result<Option<Option<Value>>> = query.fetch_optional(&self.pool).await;
        let stored =
            stored.map_err(|error| failed_query(format!("read the options of {id}"), error))?;
        // Options of a newer version are no reason to fail.
        Ok(stored.flatten().and_then(|options| serde_json::from_value(options).ok()))
    }

    async fn set_job_options(&self, id: UserId, options: &JobOptions) -> PortResult<()> {
        let failed = |error| failed_query(format!("store the options of {id}"), error);
        let options = serde_json::to_value(options)
            .map_err(|error| failed(sqlx::Error::Encode(Box::new(error))))?;
        let query = sqlx::query(SET_JOB_OPTIONS).bind(id.as_uuid()).bind(options);
        query.execute(&self.pool).await.map_err(failed)?;
        Ok(())
    }
}

/// A profile read from a row.
pub(super) struct Profile(pub(super) Account);

impl FromRow<'_, PgRow> for Profile {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self(Account {
            id: UserId::new(row.try_get::<Uuid, _>("identity_id")?),
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            institution: row.try_get("institution")?,
            plan: plan(row)?,
            time_zone: row.try_get("time_zone")?,
        }))
    }
}
