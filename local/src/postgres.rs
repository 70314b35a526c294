//! PostgreSQL with a separate data folder.

use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::command;
use crate::config::{OWNER_ROLE, PROCESSES_ROLE, StackConfig};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::health::Ready;
use crate::process::{ProcessSpec, bound_to_owner};

/// The command prefix that runs PostgreSQL as another user if the stack runs as root, because
/// PostgreSQL rejects to run as root.
const NOBODY: [&str; 5] = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"];

/// The data folder of PostgreSQL. Other users cannot read root's folders, so for root it is in
/// `/var/tmp`, with a name derived from the stack's data folder.
pub(crate) fn data_folder(data_dir: &Path) -> PathBuf {
    if !rustix::process::geteuid().is_root() {
        return data_dir.join("postgres");
    }
    let name: String = data_dir
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    Path::new("/var/tmp").join(format!("gas-postgres{name}"))
}

fn unprivileged(command: &[String]) -> Vec<String> {
    let root = rustix::process::geteuid().is_root();
    let prefix = NOBODY.iter().filter(|_| root).map(ToString::to_string);
    prefix.chain(command.iter().cloned()).collect()
}

/// Creates the data folder if it is missing.
pub(crate) async fn initialize(config: &StackConfig) -> Result<()> {
    let data = data_folder(&config.data_dir);
    if data.join("PG_VERSION").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&data).map_err(Error::io(format!("create {}", data.display())))?;
    if rustix::process::geteuid().is_root() {
        let owner = ["chown", "nobody:nogroup"].map(str::to_owned);
        let arguments = owner.into_iter().chain([data.display().to_string()]);
        command::run("give PostgreSQL its folder", &arguments.collect::<Vec<_>>()).await?;
    }
    let initdb = config.programs.postgres.join("initdb").display().to_string();
    let folder = data.display().to_string();
    let superuser = format!("--username={OWNER_ROLE}");
    let flags = [superuser.as_str(), "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
    let mut arguments = vec![initdb, "-D".to_owned(), folder];
    arguments.extend(flags.map(String::from));
    command::run("initdb", &unprivileged(&arguments)).await?;
    Ok(())
}

/// The PostgreSQL server.
pub(crate) fn server(config: &StackConfig) -> ProcessSpec {
    let bin = &config.programs.postgres;
    let mut command = vec![
        bin.join("postgres").display().to_string(),
        "-D".to_owned(),
        data_folder(&config.data_dir).display().to_string(),
        "-h".to_owned(),
        "127.0.0.1".to_owned(),
        "-p".to_owned(),
        config.ports.postgres.to_string(),
        // TCP only: the folder of a Unix socket would have to be writable for the server's user.
        "-k".to_owned(),
        String::new(),
    ];
    if !config.durable {
        command.extend(["-c", "fsync=off"].map(str::to_owned));
    }
    ProcessSpec {
        name: "postgres",
        // A change of the user clears the parent-death signal, so the signal is set afterwards.
        command: unprivileged(&bound_to_owner("INT", &command)),
        environment: Environment::new(),
        ready: Ready::Postgres { bin: bin.clone(), port: config.ports.postgres },
        // SIGINT requests PostgreSQL's "fast shutdown".
        stop: Signal::INT,
        restart: false,
    }
}

/// Creates the database if it is missing.
pub(crate) async fn create_database(config: &StackConfig) -> Result<()> {
    create(config, "createdb", &["gas"]).await
}

/// Creates the role of the processes if it is missing. The migrations have created the role that it is a
/// member of.
pub(crate) async fn create_role_of_processes(config: &StackConfig) -> Result<()> {
    create(config, "createuser", &["-g", "gas_runtime", PROCESSES_ROLE]).await
}

/// Runs a client program of PostgreSQL that creates something unless it exists.
async fn create(config: &StackConfig, program: &str, arguments: &[&str]) -> Result<()> {
    let path = config.programs.postgres.join(program).display().to_string();
    let port = config.ports.postgres.to_string();
    let mut command = vec![path.as_str(), "-h", "127.0.0.1", "-p", &port, "-U", OWNER_ROLE];
    command.extend(arguments);
    let command: Vec<String> = command.into_iter().map(str::to_owned).collect();
    match command::run(program, &command).await {
        Err(Error::Command { output, .. }) if output.contains("already exists") => Ok(()),
        other => other.map(drop),
    }
}
