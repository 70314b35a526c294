//! The GAS worker. Role `annotate` receives job requests from the queue, runs the annotation engine
//! on each input as a child process with resource limits, and stores its output. Role `utility`
//! runs the background work of the service: see [`utility`].
//!
//! A message is deleted last, after its work is stored. If a process dies earlier, SQS delivers the
//! message again, and the work is repeated or found to be done.

mod attempt;
mod dead_letters;
mod engine;
mod handle;
mod heartbeat;
mod poll;
mod report;
mod scratch;
mod settings;
#[cfg(test)]
mod testing;
mod utility;

use anyhow::Context;
use clap::Parser;
use gas_backend::aws::Sdk;
use gas_backend::{Gas, postgres};
use gas_runtime::{LogFormat, Shutdown, init_logging};
use handle::Worker;
use settings::{AnnotateSettings, Cli, Role};
use std::sync::Arc;

/// The log filter unless `RUST_LOG` is set.
const LOG_FILTER: &str = "info,aws_config=warn,sqlx=warn";

// A single thread, since the work is done by child processes: the parent-death signal of a child
// (see `engine::sandbox`) is sent when the thread that started it ends.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    init_logging(LogFormat::Text, LOG_FILTER);
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
