//! The GAS worker. Role `annotate` receives job requests from the queue, runs the annotation engine
//! on each input as a child process with resource limits, and stores its output. Role `utility`
//! runs the background work of the service: see [`utility`]. Two more roles are commands of operators.
//!
//! A message is deleted last, after its work is stored. If a process dies earlier, SQS delivers the
//! message again, and the work is repeated or found to be done.

mod attempt;
mod dead_letters;
mod delivery;
mod disk;
mod engine;
mod handle;
mod heartbeat;
mod outage;
mod poll;
mod redrive;
mod report;
mod run_file;
mod scratch;
mod settings;
#[cfg(test)]
mod testing;
mod utility;

use anyhow::Context;
use clap::Parser;
use gas_backend::AnnotateGas;
use gas_backend::aws::Sdk;
use gas_runtime::{LogFormat, Shutdown, init_logging};
use handle::Worker;
use settings::{AnnotateSettings, Cli, ConfinementSettings, Role};
use std::io::Write;
use std::sync::Arc;

/// The log filter unless `RUST_LOG` is set.
const LOG_FILTER: &str = "info,aws_config=warn,sqlx=warn";

// A single thread, since the work is done by child processes: the parent-death signal of a child
// (see `engine::sandbox`) is sent when the thread that started it ends.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    init_logging(LogFormat::of_server(), LOG_FILTER);
    match Cli::parse().role {
        Role::Annotate(settings) => annotate(*settings).await,
        Role::Utility(settings) => utility::run(*settings).await,
        Role::Confinement(settings) => confinement(&settings).await,
        Role::Redrive(settings) => redrive::run(&settings).await,
    }
}

/// Prints what the confinement adds to the start of the engine.
async fn confinement(settings: &ConfinementSettings) -> anyhow::Result<()> {
    let start_up = engine::measure_start_up(&settings.sandbox.sandbox()?, settings.runs).await?;
    let millis = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    let (confined, limited) = (millis(start_up.sandboxed), millis(start_up.limited));
    writeln!(
        std::io::stdout(),
        "start of a program, median of {} runs: {confined:.1} ms confined, {limited:.1} ms with \
         limits only, {:.1} ms more",
        settings.runs,
        confined - limited
    )?;
    Ok(())
}

async fn annotate(settings: AnnotateSettings) -> anyhow::Result<()> {
    settings.check()?;
    let shutdown = Shutdown::on_signal(settings.grace())?;
    let sdk = Sdk::from_env().await;
    let worker = Worker {
        gas: AnnotateGas::connect(&settings.deployment, &sdk),
        queue: Arc::new(sdk.queue(&settings.deployment.job_requests_queue_url)),
        engine: settings.engine()?,
        timing: settings.timing(),
        max_attempts: settings.max_attempts,
        intake: outage::Intake::default(),
        scratch: scratch::ScratchRoot::open(&settings.work_dir, Arc::new(disk::FileSystems))
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
