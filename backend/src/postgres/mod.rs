//! Adapters of the ports to PostgreSQL: accounts, administration, billing, mails, API tokens, saved filters, share links,
//! webhooks, imports, sessions, rate limits and the audit log.

mod account_data;
mod accounts;
mod administration;
mod audit;
mod billing;
mod dispatches;
mod failed_query;
mod imports;
mod mails;
mod rate_limits;
mod saved;
mod schema;
mod sessions;
mod share_links;
mod stored_bytes;
mod tls;
mod tokens;
mod webhooks;

pub use account_data::PostgresAccountData;
pub use accounts::PostgresAccounts;
pub use administration::PostgresAdministration;
pub use audit::PostgresAuditLog;
pub use billing::PostgresBilling;
pub use dispatches::PostgresDispatches;
pub use imports::PostgresImports;
pub use mails::PostgresMails;
pub use rate_limits::PostgresRateLimiter;
pub use saved::PostgresSavedItems;
pub use schema::{connect, migrate};
pub use sessions::PostgresSessions;
pub use share_links::PostgresShareLinks;
pub use stored_bytes::PostgresStoredBytes;
pub use tokens::PostgresTokens;
pub use webhooks::PostgresWebhooks;

use failed_query::failed_query;

use crate::Secret;
use crate::ports::{PortError, PortResult};
use gas_shared::Plan;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use std::error::Error;
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Locks the profile of a user until the transaction ends, so that what the user makes at the same time (tokens, share
/// links, webhooks, imports) is counted, and closing the account or blocking the user deletes all of it.
///
/// # Errors
/// [`sqlx::Error::RowNotFound`] if the user is blocked, or the account is being closed.
async fn lock_active_owner(transaction: &mut PgConnection, owner: Uuid) -> sqlx::Result<()> {
    const LOCK: &str = "
        select true from profiles
        where identity_id = $1 and deletion_requested is null and blocked is null for no key update";
    let _: (bool,) = sqlx::query_as(LOCK).bind(owner).fetch_one(transaction).await?;
    Ok(())
}

/// Connects to the database of a URL, which is the value of `setting`.
async fn open(url: &Secret, setting: &str, max_connections: u32) -> PortResult<PgPool> {
    let read =
        |error: Box<dyn Error + Send + Sync>| PortError::new(format!("read {setting}"), error);
    let server =
        PgConnectOptions::from_str(url.expose()).map_err(|error| read(Box::from(error)))?;
    tls::require_verified_server(&server).map_err(|error| read(Box::from(error)))?;
    let options =
        PgPoolOptions::new().max_connections(max_connections).acquire_timeout(ACQUIRE_TIMEOUT);
    let pool = options.connect_with(server).await;
    pool.map_err(|error| failed_query(format!("connect to PostgreSQL (check {setting})"), error))
}

/// A time for PostgreSQL's `to_timestamp`, whose double represents every second exactly.
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

/// The time in a column of seconds; `None` if it is null.
fn moment(row: &PgRow, column: &str) -> sqlx::Result<Option<Timestamp>> {
    let second: Option<i64> = row.try_get(column)?;
    let time = second.map(Timestamp::from_second).transpose();
    time.map_err(|error| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(error),
    })
}

/// The plan in column `role`.
fn plan(row: &PgRow) -> sqlx::Result<Plan> {
    let role: String = row.try_get("role")?;
    role.parse().map_err(|error| sqlx::Error::ColumnDecode {
        index: "role".to_owned(),
        source: Box::new(error),
    })
}
