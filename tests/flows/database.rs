//! The schema of the database and the rights of its roles, on databases of their own.

use crate::contracts::new_user;
use crate::stack::{Stack, program, stack};
use anyhow::{Context, Result, ensure};
use gas_backend::postgres::{self, PostgresAuditLog};
use gas_backend::testkit::audit_contract;
use gas_backend::{Database, DatabaseOwner, chain};
use gas_local::Environment;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPool};
use std::str::FromStr;
use tokio::process::Command;
use uuid::Uuid;

/// A database on the stack's server, owned by an ordinary role of its own.
pub(crate) struct NewDatabase {
    /// The name of the database and of the role that owns it.
    name: String,
    /// The superuser of the server.
    admin: PgPool,
    owner_url: String,
    url: String,
}

impl NewDatabase {
    /// Creates an empty database.
    async fn empty(stack: &Stack) -> Result<Self> {
        Self::named(stack, None).await
    }

    /// Creates a database; if a name is given, with the contents and the owner of that database.
    async fn named(stack: &Stack, template: Option<&str>) -> Result<Self> {
        let name = format!("test_{}", Uuid::new_v4().simple());
        let owner = template.unwrap_or(&name);
        let contents = template.map(|name| format!(" template {name}")).unwrap_or_default();
        let admin = PgPool::connect(stack.owner_database_url()).await?;
        for create in [
            format!("create role {name} login"),
            format!("create database {name} owner {owner}{contents}"),
        ] {
            sqlx::query(AssertSqlSafe(create)).execute(&admin).await?;
        }
        let options = PgConnectOptions::from_str(stack.database_url())?;
        let (host, port) = (options.get_host(), options.get_port());
        let url = |role: &str| format!("postgres://{role}@{host}:{port}/{name}");
        Ok(Self { owner_url: url(owner), url: url(options.get_username()), name, admin })
    }

    /// Creates a database with the current schema.
    pub(crate) async fn migrated(stack: &Stack) -> Result<Self> {
        let database = Self::empty(stack).await?;
        database.migrate().await?;
        Ok(database)
    }

    /// Another database with the files that this one has now, as a restore gives it. Nobody may be connected to this one.
    pub(crate) async fn copy(&self, stack: &Stack) -> Result<Self> {
        Self::named(stack, Some(&self.name)).await
    }

    pub(crate) async fn migrate(&self) -> Result<i64> {
        let owner = DatabaseOwner { migration_database_url: self.owner_url.clone().into() };
        Ok(postgres::migrate(&owner).await?)
    }

    /// The URL with the role of the processes.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Connects as a process does.
    pub(crate) async fn pool(&self) -> Result<PgPool> {
        connect(&self.url).await
    }

    /// Connects as the owner, without the checks of a process.
    async fn owner(&self) -> Result<PgPool> {
        Ok(PgPool::connect(&self.owner_url).await?)
    }

    /// The applied migrations and when they were applied.
    async fn applied(&self) -> Result<Vec<(i64, String)>> {
        const APPLIED: &str =
            "select version, installed_on::text from _sqlx_migrations order by version";
        Ok(sqlx::query_as(APPLIED).fetch_all(&self.owner().await?).await?)
    }

    /// Deletes the database and its owner.
    pub(crate) async fn drop(self) -> Result<()> {
        for drop in [
            format!("drop database {} with (force)", self.name),
            format!("drop role {}", self.name),
        ] {
            sqlx::query(AssertSqlSafe(drop)).execute(&self.admin).await?;
        }
        Ok(())
    }
}

async fn connect(url: &str) -> Result<PgPool> {
    Ok(postgres::connect(&Database { database_url: url.to_owned().into() }).await?)
}

/// The error, with its causes, with which a process rejects a database.
async fn rejection(url: &str) -> Result<String> {
    let error = connect(url).await.err().context("the process accepts the database")?;
    Ok(chain(error.as_ref()).to_string())
}

/// The SQLSTATE with which PostgreSQL rejects a statement.
async fn sqlstate(pool: &PgPool, statement: &'static str) -> Result<String> {
    let done = sqlx::raw_sql(statement).execute(pool).await;
    let error = done.err().with_context(|| format!("{statement}: it was executed"))?;
    let error = error.as_database_error().context("not an error of the database")?;
    Ok(error.code().context("no code")?.into_owned())
}

#[tokio::test]
async fn migrations_run_once_also_if_started_twice_or_concurrently() -> Result<()> {
    let database = NewDatabase::empty(&stack()).await?;
    let (one, two, three) =
        tokio::try_join!(database.migrate(), database.migrate(), database.migrate())?;
    assert!(one == two && two == three);
    let applied = database.applied().await?;
    assert_eq!(applied.last().context("no migrations")?.0, one);
    assert_eq!(database.migrate().await?, one);
    assert_eq!(database.applied().await?, applied, "the second time changes nothing");
    database.drop().await
}

#[tokio::test]
async fn a_process_rejects_an_older_schema_and_accepts_a_newer_one() -> Result<()> {
    let database = NewDatabase::empty(&stack()).await?;
    let error = rejection(&database.url).await?;
    assert!(error.contains("run `gas-web migrate`"), "{error}");
    database.migrate().await?;
    let owner = database.owner().await?;
    let execute = async |statement: &'static str| -> Result<()> {
        let done = sqlx::query(statement).execute(&owner).await?;
        ensure!(done.rows_affected() == 1, "{statement}: {done:?}");
        Ok(())
    };

    execute("insert into _sqlx_migrations values (9999, 'newer', now(), true, '', 0)").await?;
    database.pool().await?;
    database.migrate().await.context("a release that is rolled back can migrate")?;

    execute("update _sqlx_migrations set version = 9998 where version = 12").await?;
    let error = rejection(&database.url).await?;
    assert!(error.contains("([12])") && error.contains("run `gas-web migrate`"), "{error}");
    execute("update _sqlx_migrations set version = 12 where version = 9998").await?;
    database.pool().await?;

    execute("update _sqlx_migrations set checksum = 'x' where version = 1").await?;
    let error = rejection(&database.url).await?;
    assert!(error.contains("migration 1 "), "{error}");
    database.drop().await
}

#[tokio::test]
async fn a_process_rejects_a_role_that_may_change_the_schema_and_one_without_rights() -> Result<()>
{
    let database = NewDatabase::migrated(&stack()).await?;
    let error = rejection(&database.owner_url).await?;
    assert!(error.contains("may change the schema"), "{error}");

    let name = format!("{}_stranger", database.name);
    let create = format!("create role {name} login");
    sqlx::query(AssertSqlSafe(create)).execute(&database.admin).await?;
    let stranger = database.owner_url.replacen(&database.name, &name, 1);
    let error = rejection(&stranger).await?;
    assert!(error.contains("grant gas_runtime"), "{error}");
    let drop = format!("drop role {name}");
    sqlx::query(AssertSqlSafe(drop)).execute(&database.admin).await?;
    database.drop().await
}

/// Runs a program with an environment and returns whether it succeeded, with its output.
async fn run(
    name: &str,
    argument: Option<&str>,
    environment: &Environment,
) -> Result<(bool, String)> {
    let mut command = Command::new(program(name)?);
    command.args(argument).env_clear().envs(environment).kill_on_drop(true);
    let within = std::time::Duration::from_secs(30);
    let output = tokio::time::timeout(within, command.output()).await;
    let output = output.with_context(|| format!("{name} does not exit"))??;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

#[tokio::test]
async fn web_server_and_utility_node_do_not_start_before_the_migration() -> Result<()> {
    let stack = stack();
    let database = NewDatabase::empty(&stack).await?;
    for (name, argument, environment) in [
        ("gas-web", None, stack.web_environment()),
        ("gas-worker", Some("utility"), stack.utility_environment()),
    ] {
        let mut environment = environment.clone();
        environment.insert("DATABASE_URL".to_owned(), database.url.clone());
        let (started, output) = run(name, argument, &environment).await?;
        assert!(!started && output.contains("run `gas-web migrate`"), "{name}: {output}");
    }

    let owner = ("GAS_MIGRATION_DATABASE_URL".to_owned(), database.owner_url.clone());
    let environment = Environment::from([owner]);
    for _ in 0..2 {
        let (migrated, output) = run("gas-web", Some("migrate"), &environment).await?;
        assert!(migrated && output.contains("schema version"), "{output}");
    }
    database.pool().await?;
    database.drop().await
}

#[tokio::test]
async fn processes_can_change_neither_the_schema_nor_the_audit_log() -> Result<()> {
    let database = NewDatabase::migrated(&stack()).await?;
    let pool = database.pool().await?;
    audit_contract(&PostgresAuditLog::new(pool.clone()), new_user(&pool).await?).await;
    for statement in [
        "create table extra (id int)",
        "create schema extra",
        "create function extra() returns int language sql as 'select 1'",
        "create index extra on profiles (email)",
        "alter table profiles add column extra int",
        "alter table audit_log disable trigger all",
        "alter table audit_log owner to gas_runtime",
        "drop trigger audit_log_is_append_only on audit_log",
        "drop table dispatches",
        "drop function prune_audit_log()",
        "alter function prune_audit_log() security invoker",
        "truncate sessions",
        "update audit_log set action = 'forged'",
        "delete from audit_log",
        "truncate audit_log",
        "update used_sign_ins set expires = 'infinity'",
        "delete from _sqlx_migrations",
        "insert into _sqlx_migrations values (9999, 'forged', now(), true, '', 0)",
        "create role extra",
        "copy profiles to program 'true'",
    ] {
        assert_eq!(sqlstate(&pool, statement).await?, "42501", "{statement}");
    }
    database.drop().await
}

/// The triggers of the log hold even for its owner.
#[tokio::test]
async fn entries_of_the_audit_log_cannot_be_changed_or_removed() -> Result<()> {
    let database = NewDatabase::migrated(&stack()).await?;
    let pool = database.pool().await?;
    audit_contract(&PostgresAuditLog::new(pool.clone()), new_user(&pool).await?).await;
    let owner = database.owner().await?;
    for change in [
        "update audit_log set action = 'forged'",
        "delete from audit_log where at > now() - interval '399 days'",
        "delete from audit_log",
        "truncate audit_log",
    ] {
        let rejected = sqlx::query(change).execute(&owner).await.err().context("it was changed")?;
        assert!(rejected.to_string().contains("append-only"), "{change}: {rejected}");
    }
    database.drop().await
}

#[tokio::test]
async fn pruning_the_audit_log_runs_no_code_of_its_caller() -> Result<()> {
    const ATTACK: &str = "
        create temporary table audit_log (at timestamptz);
        grant all on audit_log to public;
        insert into audit_log values (now() - interval '500 days');
        create function pg_temp.attack() returns trigger language plpgsql as $$
            begin raise exception 'runs as %', current_user; end $$;
        create trigger attack before delete on audit_log
            for each row execute function pg_temp.attack();";
    const PRUNE: &str = "select prune_audit_log()";
    let database = NewDatabase::migrated(&stack()).await?;
    let mut connection = database.pool().await?.acquire().await?;
    sqlx::raw_sql(ATTACK).execute(&mut *connection).await?;
    let (pruned,): (i64,) = sqlx::query_as(PRUNE).fetch_one(&mut *connection).await?;
    assert_eq!(pruned, 0, "the temporary table is not the log");
    drop(connection);
    database.drop().await
}

/// A new table needs its rights in the migration that creates it, and, if they are not all four, a line
/// here.
#[tokio::test]
async fn every_table_has_the_rights_that_processes_need_and_no_others() -> Result<()> {
    const RIGHTS: &str = "
        select relname::text, coalesce(string_agg(lower(privilege), ' ' order by privilege), '')
        from pg_class left join unnest(array['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE',
            'UPDATE']) as privilege on has_table_privilege('gas_runtime', pg_class.oid, privilege)
        where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
        group by relname order by relname";
    const UNSAFE_FUNCTIONS: &str = "
        select proname::text from pg_proc
        where pronamespace = current_schema()::regnamespace and prosecdef
            and not coalesce(proconfig::text like '%search_path=%pg_temp\"%', false)";
    let database = NewDatabase::migrated(&stack()).await?;
    let owner = database.owner().await?;
    let tables: Vec<(String, String)> = sqlx::query_as(RIGHTS).fetch_all(&owner).await?;
    assert!(tables.len() >= 11, "{tables:?}");
    for (table, rights) in tables {
        let expected = match table.as_str() {
            "_sqlx_migrations" => "select",
            "audit_log" => "insert select",
            "service_mode" => "select update",
            "job_statistics" | "stored_bytes" => "insert select update",
            "used_sign_ins" => "delete insert select",
            _ => "delete insert select update",
        };
        assert_eq!(rights, expected, "{table}");
    }
    let functions: Vec<(String,)> = sqlx::query_as(UNSAFE_FUNCTIONS).fetch_all(&owner).await?;
    assert!(functions.is_empty(), "no fixed search_path with pg_temp at its end: {functions:?}");
    database.drop().await
}
