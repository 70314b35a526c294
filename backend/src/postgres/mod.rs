//! Adapters of the ports to PostgreSQL: accounts, billing, mails, API tokens, sessions, rate limits and
//! the audit log.

mod account_data;
mod accounts;
mod audit;
mod billing;
mod dispatches;
mod mails;
mod rate_limits;
mod sessions;
mod tls;
mod tokens;

pub use account_data::PostgresAccountData;
pub use accounts::PostgresAccounts;
pub use audit::PostgresAuditLog;
pub use billing::PostgresBilling;
pub use dispatches::PostgresDispatches;
pub use mails::PostgresMails;
pub use rate_limits::PostgresRateLimiter;
pub use sessions::PostgresSessions;
pub use tokens::PostgresTokens;

use crate::Database;
use crate::ports::{PortError, PortResult};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use std::str::FromStr;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The maximum number of connections per process.
const MAX_CONNECTIONS: u32 = 10;

/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects to the database and migrates its schema. The migration lock serializes processes that
/// start concurrently.
///
/// # Errors
/// If the database cannot be reached, is on another machine and not verified by TLS, or has migrations
/// that this version does not know.
pub async fn connect(database: &Database) -> PortResult<PgPool> {
    const READ: &str = "read DATABASE_URL";
    let server = PgConnectOptions::from_str(database.database_url.expose());
    let server = server.map_err(|error| PortError::new(READ, error))?;
    tls::require_verified_server(&server).map_err(|error| PortError::new(READ, error))?;
    let options =
        PgPoolOptions::new().max_connections(MAX_CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
    let pool = options
        .connect_with(server)
        .await
        .map_err(|error| PortError::new("connect to PostgreSQL (check DATABASE_URL)", error))?;
    let migrated = MIGRATIONS.run(&pool).await;
    migrated.map_err(|error| PortError::new("migrate the database", error))?;
    Ok(pool)
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
