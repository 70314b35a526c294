//! A web server besides that of the stack, with other settings and a database of its own.

use crate::database::NewDatabase;
use crate::stack::{Stack, program};
use anyhow::{Result, ensure};
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// How long the start may take.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running web server, which ends when it is dropped.
pub(crate) struct WebProcess {
    /// The URL at which it listens. Browsers sign in at the stack's web server only.
    pub(crate) url: String,
    _process: Child,
}

impl WebProcess {
    /// Starts a web server that has no setting of Stripe but those of `settings`, and waits until it is ready.
    pub(crate) async fn start(
        stack: &Stack,
        database: &NewDatabase,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let program = Command::new(program("gas-web")?);
        Self::start_program(program, stack, database, settings).await
    }

    /// Like [`WebProcess::start`], with a limit of open files.
    pub(crate) async fn start_with_files(
        files: u64,
        stack: &Stack,
        database: &NewDatabase,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--nofile={files}")).arg(program("gas-web")?);
        Self::start_program(limited, stack, database, settings).await
    }

    async fn start_program(
        mut command: Command,
        stack: &Stack,
        database: &NewDatabase,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let listen = format!("127.0.0.1:{port}");
        let url = format!("http://{listen}");
        let mut environment = stack.web_environment().clone();
        environment.retain(|name, _| !name.starts_with("GAS_STRIPE_"));
        environment.insert("DATABASE_URL".to_owned(), database.url().to_owned());
        environment.insert("GAS_LISTEN".to_owned(), listen);
        environment
            .extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let process = command.env_clear().envs(&environment).kill_on_drop(true).spawn()?;
        let begun = Instant::now();
        while !reqwest::get(format!("{url}/readyz"))
            .await
            .is_ok_and(|ready| ready.status().is_success())
        {
            ensure!(begun.elapsed() < START_TIMEOUT, "the web server is not ready");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(Self { url, _process: process })
    }
}
