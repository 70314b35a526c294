//! The schema of the database: its migrations, which the owner applies, and the check of every process
//! that it works with a schema it knows and with a role that cannot change it.

use super::open;
use crate::deployment::{Database, DatabaseOwner};
use crate::ports::{PortError, PortResult};
use sqlx::SqlSafeStr;
use sqlx::error::DatabaseError;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;

/// The role whose members are the roles of the processes.
const RUNTIME_ROLE: &str = "gas_runtime";

/// SQLSTATE `insufficient_privilege`.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// The files of `backend/migrations` by name, with their text.
///
/// They are listed, since `sqlx::migrate!` compiles a second client of PostgreSQL that only the compiler runs, and does
/// not see that a file is new.
macro_rules! migration_files {
    ($($name:literal),+ $(,)?) => {
        [$(MigrationFile {
            version: const { version_in($name) },
            name: $name,
            sql: include_str!(concat!("../../migrations/", $name, ".sql")),
        }),+]
    };
}

struct MigrationFile {
    version: i64,
    /// The name without `.sql`.
    name: &'static str,
    sql: &'static str,
}

/// The number before the first underscore. A name without one does not compile.
const fn version_in(name: &str) -> i64 {
    let (name, mut index, mut version) = (name.as_bytes(), 0, 0);
    while name[index] != b'_' {
        assert!(name[index].is_ascii_digit());
        version = version * 10 + (name[index] - b'0') as i64;
        index += 1;
    }
    version
}

/// The migrations of this version. Migrations of newer versions are ignored, so that a release can be
/// rolled back without its schema.
fn migrations() -> Migrator {
    let files = migration_files![
        "0001_accounts",
        "0002_billing",
        "0003_mail",
        "0004_tokens",
        "0005_account_deletion",
        "0006_time_zone",
        "0007_sessions_and_audit",
        "0008_rate_limits",
        "0010_stripe_inbox",
        "0011_dispatches",
        "0012_runtime_role",
        "0013_stored_bytes",
        "0014_retention",
        "0015_published_dispatches",
        "0016_job_options",
        "0017_saved_items",
        "0018_premium_basis",
        "0019_operators",
        "0021_share_links",
        "0022_webhooks",
        "0023_mail_kinds",
        "0024_imports",
    ];
    let migrations = files.iter().map(|file| {
        let description =
            file.name.split_once('_').map_or(file.name, |(_, description)| description);
        let (description, sql) = (description.replace('_', " "), file.sql.into_sql_str());
        Migration::new(file.version, description.into(), MigrationType::Simple, sql, false)
    });
    let mut migrations = Migrator::with_migrations(migrations.collect());
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
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_folder_is_listed() -> Result<(), Box<dyn std::error::Error>> {
        let mut versions = BTreeSet::new();
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))? {
            let name = entry?.file_name().into_string().map_err(|name| format!("{name:?}"))?;
            versions.insert(version_in(&name));
        }
        assert_eq!(migrations().iter().map(|one| one.version).collect::<BTreeSet<_>>(), versions);
        Ok(())
    }

    /// Databases compare these with what they have recorded.
    #[test]
    fn a_migration_has_the_description_and_checksum_of_its_file() {
        let migrations = migrations();
        let first = migrations.iter().next().expect("migrations");
        let checksum: String = first.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((first.version, first.description.as_ref()), (1, "accounts"));
        assert_eq!(
            checksum,
            "8ccc527c1eb80ba6a7614f8f5cbc2ad273c4a467f06bad8fefe98ff24b98ebb0670bb359be1028390ed507d2bb1e56c0"
        );
    }

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
