//! The schema of the database: its migrations, which the owner applies, and the check of every process
//! that it works with a schema it knows and with a role that cannot change it.

use super::open;
use crate::deployment::{Database, DatabaseOwner};
use crate::ports::{PortError, PortResult};
use sqlx::error::DatabaseError;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;

/// The role whose members are the roles of the processes.
const RUNTIME_ROLE: &str = "gas_runtime";

/// SQLSTATE `insufficient_privilege`.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// The migrations of this version. Migrations of newer versions are ignored, so that a release can be
/// taken back without its schema.
fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
}

/// A statement that waits for a lock makes all later ones on its table wait, too, so a migration gives up early
/// and is repeated by its operator.
const LIMITS: &str = "set lock_timeout = '10s'; set statement_timeout = '15min'";

/// Applies the migrations that the database lacks, and returns the version of the schema that this
/// program knows. Migrations that run concurrently wait for each other.
///
/// # Errors
/// If the database cannot be reached, is on another machine and not verified by TLS, or a migration
/// fails, which changes nothing.
pub async fn migrate(owner: &DatabaseOwner) -> PortResult<i64> {
    let pool = open(&owner.migration_database_url, "GAS_MIGRATION_DATABASE_URL", 1).await?;
    let migrations = migrations();
    let done = match sqlx::raw_sql(LIMITS).execute(&pool).await {
        Ok(_) => migrations.run(&pool).await,
        Err(error) => Err(error.into()),
    };
    // Also after an error, when the connection still holds the lock of the migrations.
    pool.close().await;
    done.map_err(|error| PortError::new("migrate the database", error))?;
    Ok(migrations.iter().map(|migration| migration.version).max().unwrap_or_default())
}

/// Why a process does not work with a database.
#[derive(Debug, thiserror::Error)]
enum UnusableSchema {
    #[error("the schema lacks migrations of this version ({0:?}): run `gas-web migrate`")]
    Older(Vec<i64>),
    #[error(
        "migration {0} was applied in another form: restore the database that this version belongs to"
    )]
    Other(i64),
    #[error(
        "the role of DATABASE_URL has no rights: run `gas-web migrate`, then `grant {RUNTIME_ROLE} to ROLE`"
    )]
    NoRights(#[source] sqlx::Error),
    #[error(
        "the role of DATABASE_URL may change the schema: use a role that is a member of {RUNTIME_ROLE} \
         and owns nothing"
    )]
    TooManyRights,
    #[error("a query failed")]
    Query(#[from] sqlx::Error),
}

/// Connects to the database.
///
/// # Errors
/// If the database cannot be reached, or is on another machine and not verified by TLS; if its schema
/// lacks a migration of this version; if the role may change the schema.
pub async fn connect(database: &Database) -> PortResult<PgPool> {
    /// The maximum number of connections per process.
    const MAX_CONNECTIONS: u32 = 10;

    let pool = open(&database.database_url, "DATABASE_URL", MAX_CONNECTIONS).await?;
    let checked = check(&pool).await;
    checked.map_err(|error| PortError::new("use the database", error))?;
    Ok(pool)
}

async fn check(pool: &PgPool) -> Result<(), UnusableSchema> {
    const CAN_CHANGE_SCHEMA: &str = "
        select has_schema_privilege(relnamespace, 'create') or pg_has_role(relowner, 'usage')
        from pg_class where oid = to_regclass('_sqlx_migrations')";
    const APPLIED: &str = "select version, checksum from _sqlx_migrations where success";

    let can_change: Option<(bool,)> =
        sqlx::query_as(CAN_CHANGE_SCHEMA).fetch_optional(pool).await?;
    let applied: Vec<(i64, Vec<u8>)> = match can_change {
        None => Vec::new(),
        Some(_) => sqlx::query_as(APPLIED).fetch_all(pool).await.map_err(no_rights)?,
    };
    let mut missing = Vec::new();
    for migration in migrations().iter() {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            None => missing.push(migration.version),
            Some((version, checksum)) if *checksum != *migration.checksum => {
                return Err(UnusableSchema::Other(*version));
            }
            Some(_) => {}
        }
    }
    match can_change {
        _ if !missing.is_empty() => Err(UnusableSchema::Older(missing)),
        Some((true,)) => Err(UnusableSchema::TooManyRights),
        _ => Ok(()),
    }
}

fn no_rights(error: sqlx::Error) -> UnusableSchema {
    let code = error.as_database_error().and_then(DatabaseError::code);
    if code.as_deref() == Some(INSUFFICIENT_PRIVILEGE) {
        return UnusableSchema::NoRights(error);
    }
    UnusableSchema::Query(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_that_a_migration_creates_has_rights_of_the_processes() {
        let mut sql = String::new();
        for migration in migrations().iter() {
            let text = migration.sql.as_str().to_ascii_lowercase();
            let code = text.lines().filter_map(|line| line.split("--").next());
            sql.extend(code.flat_map(|line| [line, " "]));
        }
        let statements: Vec<String> = sql
            .split(';')
            .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let created = statements.iter().filter_map(|statement| {
            let (_, rest) = statement.strip_prefix("create ")?.split_once("table ")?;
            rest.trim_start_matches("if not exists ").split([' ', '(']).next()
        });
        let tables: Vec<&str> = created.collect();
        assert!(tables.len() >= 10, "{tables:?}");
        for table in tables {
            let end = format!(" on {table} to {RUNTIME_ROLE}");
            let granted =
                statements.iter().any(|one| one.starts_with("grant ") && one.ends_with(&end));
            assert!(granted, "no `grant ...{end};` in backend/migrations");
        }
    }
}
