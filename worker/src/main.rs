//! The GAS worker. Role `annotate` receives job requests from the queue, runs the annotation engine
//! on each input as a child process with resource limits, and stores its output. Role `utility`
//! runs the background work of the service: see [`utility`]. Two more roles are commands of operators.
//!
//! A message is deleted last, after its work is stored. If a process dies earlier, SQS delivers the
//! message again, and the work is repeated or found to be done.

mod attempt;
mod attempt_error;
mod dead_letters;
mod delivery;
mod disk;
mod engine;
mod handle;
mod heartbeat;
mod held_claim;
mod idle_call;
mod job_dead_letters;
mod job_engine;
mod outage;
mod poll;
mod redrive;
mod reference_builds;
mod reference_cache;
mod references;
mod report;
mod result_stream;
mod run_file;
mod scratch;
mod settings;
mod shards;
mod sources;
#[cfg(test)]
mod testing;
mod utility;
mod worker;

use anyhow::Context;
use clap::Parser;
use dead_letters::DeadLetters;
use engine::ReferenceBuilderProgram;
use futures::future::join_all;
use gas_backend::AnnotateGas;
use gas_backend::aws::Sdk;
use gas_backend::ports::Queue;
use gas_runtime::{LogFormat, Shutdown, init_logging};
use job_dead_letters::JobLetters;
use reference_builds::{BuildLetters, ReferenceBuilder};
use settings::{AnnotateSettings, Cli, ConfinementSettings, Role};
use shards::{ShardLetters, ShardWorker};
use std::io::Write;
use std::num::NonZeroU8;
use std::sync::Arc;
use utility::consume::consume;
use worker::Worker;

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
    let sandbox = settings.sandbox.sandbox()?;
    let start_up = engine::measure_start_up(&sandbox, settings.runs).await?;
    let millis = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    let (confined, limited) = (millis(start_up.sandboxed), millis(start_up.limited));
    writeln!(
        std::io::stdout(),
        "start of a program, median of {} runs: {confined:.1} ms confined, {limited:.1} ms with \
         limits only, {:.1} ms more",
        settings.runs,
        confined - limited
    )?;
    if let (Some(engine), Some(input)) = (settings.engine(sandbox)?, &settings.input) {
        let measured = engine::measure_runs(&engine, input, settings.at_once).await?;
        print_runs(settings.at_once, &measured)?;
    }
    Ok(())
}

/// Prints the time and the memory of runs.
fn print_runs(runs: u8, measured: &engine::Measured) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    for (step, time, memory, bytes) in [
        ("annotate", measured.annotate, measured.annotate_memory, measured.result_bytes),
        ("index", measured.index, measured.index_memory, measured.index_bytes),
    ] {
        writeln!(
            out,
            "{step}: {runs} at once {:.2} s, {:.1} MiB each on the disk; at most {:.0} MiB of own memory, \
             {:.0} MiB resident, {:.0} MiB with shared pages counted once",
            time.as_secs_f64(),
            mib(bytes),
            mib(memory.own),
            mib(memory.resident),
            mib(memory.proportional)
        )?;
    }
    Ok(())
}

async fn annotate(settings: AnnotateSettings) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signal(settings.grace())?;
    let sdk = Sdk::from_env().await;
    let deployment = &settings.deployment;
    let gas = AnnotateGas::connect(deployment, &sdk);
    let private = gas.private_references.clone();
    // A large reference takes minutes.
    let references = tokio::select! {
        references = settings.references.open(deployment, &sdk, private.as_ref()) => references?,
        () = shutdown.requested() => return Ok(()),
    };
    let sources = settings.references.sources(deployment, &sdk)?;
    let engine = settings.engine(references.default_folder().to_owned())?;
    engine.check_reference().await?;
    let worker = Worker {
        gas,
        queue: Arc::new(sdk.queue(&deployment.job_requests_queue_url)),
        engine,
        references: Arc::new(references),
        sources: Arc::new(sources),
        timing: settings.timing(),
        max_attempts: settings.max_attempts,
        intake: Arc::default(),
        scratch: scratch::ScratchRoot::open(&settings.work_dir, Arc::new(disk::FileSystems))
            .with_context(|| format!("failed to prepare {}", settings.work_dir.display()))?,
        sharding: settings.shards.sharding(&settings.annotator),
    };
    let premium = deployment.premium_job_requests_queue_url.as_deref();
    let premium = premium.map(|url| Worker { queue: Arc::new(sdk.queue(url)), ..worker.clone() });
    let dead_letters =
        [Some(&deployment.job_requests_dlq_url), deployment.premium_job_requests_dlq_url.as_ref()];
    let dead_letters = dead_letters.into_iter().flatten().map(|url| DeadLetters {
        queue: Arc::new(sdk.queue(url)),
        visibility: worker.timing.visibility,
        handler: JobLetters { gas: worker.gas.clone(), timing: worker.timing },
    });
    let dead_letters: Vec<_> = dead_letters.collect();
    let building = build_references(&settings, &sdk, &worker, &shutdown);
    let sharding = annotate_shards(&settings, &sdk, &worker, &shutdown);
    let workers = Arc::new(poll::Workers { free: worker, premium });
    let polling = poll::run(workers, settings.concurrency, &shutdown);
    let watching = dead_letters.iter().map(|letters| letters.watch(&shutdown));
    tokio::join!(polling, join_all(watching), building, sharding);
    tracing::info!("worker stopped");
    Ok(())
}

/// Annotates the shards of large files until shutdown, one at a time beside the jobs, if the deployment has a
/// workflow for them. Workers that plan none do that, too.
fn annotate_shards<'a>(
    settings: &AnnotateSettings,
    sdk: &Sdk,
    worker: &Worker,
    shutdown: &'a Shutdown,
) -> impl Future<Output = ()> + use<'a> {
    let urls = &settings.deployment.shards;
    let queues = urls.shards_queue_url.as_ref().zip(worker.gas.shard_runs.clone());
    if queues.is_none() && worker.sharding.is_some() {
        tracing::warn!("files are not annotated in shards: the stack has no workflow for them");
    }
    let visibility = worker.timing.visibility;
    let requests: Arc<dyn Queue> = match &settings.deployment.premium_job_requests_queue_url {
        Some(url) => Arc::new(sdk.queue(url)),
        None => worker.queue.clone(),
    };
    let shards = queues.map(|(url, runs)| {
        let queue = Arc::new(sdk.queue(url));
        // Files over the threshold are those of Premium users.
        let requests = requests.clone();
        ShardWorker { worker: Worker { queue, ..worker.clone() }, runs, requests }
    });
    let dead_letters = shards.clone().zip(urls.shards_dlq_url.as_ref());
    let dead_letters = dead_letters.map(|(shards, url)| DeadLetters {
        queue: Arc::new(sdk.queue(url)),
        visibility,
        handler: ShardLetters(shards),
    });
    async move {
        let watching = async {
            if let Some(letters) = &dead_letters {
                letters.watch(shutdown).await;
            }
        };
        let annotating = async {
            if let Some(shards) = shards {
                let queue = shards.worker.queue.clone();
                consume("shards", queue, visibility, NonZeroU8::MIN, shards, shutdown).await;
            }
        };
        tokio::join!(annotating, watching);
    }
}

/// Builds the private references of users until shutdown, one at a time, if the deployment offers them and
/// the engine is installed.
fn build_references<'a>(
    settings: &AnnotateSettings,
    sdk: &Sdk,
    worker: &Worker,
    shutdown: &'a Shutdown,
) -> impl Future<Output = ()> + use<'a> {
    let urls = &settings.deployment.private_references;
    let queues =
        urls.reference_builds_queue_url.as_ref().zip(worker.gas.private_references.clone());
    let program =
        ReferenceBuilderProgram::of_engine(settings.builder_sandbox(&worker.engine.sandbox));
    if queues.is_some() && program.is_none() {
        tracing::warn!(
            "private references are not built by this worker: gas-annotate is not on the PATH"
        );
    }
    let visibility = worker.timing.visibility;
    let builder = queues.zip(program).map(|((url, private), program)| ReferenceBuilder {
        gas: worker.gas.clone(),
        private,
        queue: Arc::new(sdk.queue(url)),
        program,
        scratch: worker.scratch.clone(),
    });
    let dead_letters = builder.as_ref().zip(urls.reference_builds_dlq_url.as_ref());
    let dead_letters = dead_letters.map(|(builder, url)| DeadLetters {
        queue: Arc::new(sdk.queue(url)),
        visibility,
        handler: BuildLetters { gas: builder.gas.clone(), private: builder.private.clone() },
    });
    async move {
        let watching = async {
            if let Some(letters) = &dead_letters {
                letters.watch(shutdown).await;
            }
        };
        let building = async {
            if let Some(builder) = builder {
                let queue = builder.queue.clone();
                consume("reference_builds", queue, visibility, NonZeroU8::MIN, builder, shutdown)
                    .await;
            }
        };
        tokio::join!(building, watching);
    }
}
