//! PostgreSQL with a data folder of the stack's own.

use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::command;
use crate::config::StackConfig;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::health::Ready;
use crate::process::{ProcessSpec, bound_to_owner};

/// Whom PostgreSQL runs as where the stack runs as root, which PostgreSQL refuses.
const NOBODY: [&str; 5] = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"];

/// Where PostgreSQL's files are. Root's own folders are closed to others, so there they are in
/// `/var/tmp`, under a name made from the stack's data folder.
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

/// Makes the data folder where there is none.
pub(crate) async fn initialise(config: &StackConfig) -> Result<()> {
    let data = data_folder(&config.data_dir);
    if data.join("PG_VERSION").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&data).map_err(Error::io(format!("make {}", data.display())))?;
    if rustix::process::geteuid().is_root() {
        let owner = ["chown", "nobody:nogroup"].map(str::to_owned);
        let arguments = owner.into_iter().chain([data.display().to_string()]);
        command::run("give PostgreSQL its folder", &arguments.collect::<Vec<_>>()).await?;
    }
    let initdb = config.programs.postgres.join("initdb").display().to_string();
    let folder = data.display().to_string();
    let flags = ["--username=gas", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
    let mut arguments = vec![initdb, "-D".to_owned(), folder];
    arguments.extend(flags.map(str::to_owned));
    command::run("initdb", &unprivileged(&arguments)).await?;
    Ok(())
}

/// The server.
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
        // TCP only: a socket's folder would have to be writable for whom it runs as.
        "-k".to_owned(),
        String::new(),
    ];
    if !config.durable {
        command.extend(["-c", "fsync=off"].map(str::to_owned));
    }
    ProcessSpec {
        name: "postgres",
        // Becoming another user undoes the binding to the owner, so that comes after.
        command: unprivileged(&bound_to_owner("INT", &command)),
        environment: Environment::new(),
        ready: Ready::Postgres { bin: bin.clone(), port: config.ports.postgres },
        // SIGINT is PostgreSQL's "fast shutdown".
        stop: Signal::INT,
        restart: false,
    }
}

/// Makes the database where there is none.
pub(crate) async fn create_database(config: &StackConfig) -> Result<()> {
    let createdb = config.programs.postgres.join("createdb").display().to_string();
    let port = config.ports.postgres.to_string();
    let arguments = [&createdb, "-h", "127.0.0.1", "-p", &port, "-U", "gas", "gas"];
    match command::run("createdb", &arguments.map(str::to_owned)).await {
        Err(Error::Command { output, .. }) if output.contains("already exists") => Ok(()),
        other => other.map(drop),
    }
}
