//! The GAS worker. Role `annotate` takes job requests from the queue, runs the annotation engine on
//! each file as a child process under limits, and stores what comes out. Role `utility` does what
//! there is to do beside that: see [`utility`].
//!
//! A job is never lost: its message is deleted last, after everything it asked for is stored, so
//! whatever dies on the way, the message comes back and the work is done again or found done.

mod attempt;
mod dead_letters;
mod engine;
mod handle;
mod heartbeat;
mod poll;
mod report;
mod scratch;
mod settings;
mod shutdown;
#[cfg(test)]
mod testing;
mod utility;

use anyhow::Context;
use clap::Parser;
use gas_backend::aws::Sdk;
use gas_backend::{Gas, postgres};
use handle::Worker;
use settings::{AnnotateSettings, Cli, Role};
use shutdown::Shutdown;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says otherwise.
const LOG_FILTER: &str = "info,aws_config=warn,sqlx=warn";

// One thread: the work is in the child processes, and a child that is to die with its parent
// (see `engine::sandbox`) dies with the thread that started it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG_FILTER));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(colours);
    log.with_env_filter(filter).init();
    match Cli::parse().role {
        Role::Annotate(settings) => annotate(*settings).await,
        Role::Utility(settings) => utility::run(*settings).await,
    }
}

async fn annotate(settings: AnnotateSettings) -> anyhow::Result<()> {
    settings.check()?;
    let shutdown = Shutdown::on_signal(settings.grace())?;
    let sdk = Sdk::from_env().await;
    let pool = postgres::connect(&settings.deployment.database_url).await?;
    let worker = Worker {
        gas: Gas::connect(&settings.deployment, &sdk, &pool),
        queue: Arc::new(sdk.queue(&settings.deployment.job_requests_queue_url)),
        engine: settings.engine()?,
        timing: settings.timing(),
        max_attempts: settings.max_attempts,
        scratch: scratch::ScratchRoot::open(&settings.work_dir)
            .with_context(|| format!("failed to prepare {}", settings.work_dir.display()))?,
    };
    let dead_letters = dead_letters::DeadLetters {
        gas: worker.gas.clone(),
        queue: Arc::new(sdk.queue(&settings.deployment.job_requests_dlq_url)),
        timing: worker.timing,
    };
    let polling = poll::run(Arc::new(worker), settings.concurrency, &shutdown);
    tokio::join!(polling, dead_letters.watch(&shutdown));
    tracing::info!("worker stopped");
    Ok(())
}
