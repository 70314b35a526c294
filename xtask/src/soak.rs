//! `./gas soak`: jobs of many users, while the processes of a stack are killed and paused at random, or
//! while PostgreSQL is stopped for a time.
//! An example of the end-to-end tests does the work and the accounting, because they access the
//! service in the same way as a browser.

use crate::paths::Paths;
use crate::serve::prepare_servers;
use crate::step::{run, step};
use crate::temporary_stack::with_stack;
use crate::workspace;
use anyhow::Result;
use clap::Args;
use gas_local::{Ports, StackConfig};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// The example of `gas-tests` that does the work.
pub(crate) const EXAMPLE: &str = "soak";

/// The visibility timeout of the job queue, after which the job of a dead worker is redelivered.
const JOB_VISIBILITY_SECS: u32 = 8;

/// The time limit of the restore function. The messages of a function that died are delivered again
/// after six times as long.
const RESTORE_TIMEOUT_SECS: u32 = 10;

/// The download window of Free users. It is short, so that results are archived during the run.
const FREE_WINDOW_SECS: u32 = 25;

/// The size from which on a file is annotated in shards, and the size of a shard, in bytes.
const SHARDS: (u64, u64) = (16 << 20, 2 << 20);

/// Options of `soak`.
#[derive(Args)]
pub(crate) struct SoakOptions {
    /// How long faults are injected, in minutes.
    #[arg(long, default_value_t = 20.0, value_parser = minutes)]
    minutes: f64,
    /// The number of jobs of all users together.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    jobs: u32,
    /// The number of further jobs, whose file is annotated in shards.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(..=1_000))]
    large_jobs: u32,
    /// The number of users; half of them begin on Premium, and a quarter changes to it.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    users: u32,
    /// The seed of all random choices. By default it follows from the time, and is printed.
    #[arg(long)]
    seed: Option<u64>,
    /// How long the service may take to finish all work after the last fault, in minutes.
    #[arg(long, default_value_t = 12.0, value_parser = minutes)]
    settle_minutes: f64,
    /// Stop PostgreSQL for this many seconds, instead of random faults for `--minutes`.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(30..=3600))]
    database_outage: Option<u64>,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes: f64 = text.parse().map_err(|_| "expected a number of minutes".to_owned())?;
    if (0.1..=1440.0).contains(&minutes) { Ok(minutes) } else { Err("expected 0.1 to 1440".into()) }
}

impl SoakOptions {
    /// The short soak, which is part of `./gas test`.
    pub(crate) const SHORT: Self = Self {
        minutes: 2.0,
        jobs: 50,
        large_jobs: 3,
        users: 8,
        seed: None,
        settle_minutes: 8.0,
        database_outage: None,
    };
}

/// Builds everything and runs the soak.
pub(crate) fn soak(paths: &Paths, options: &SoakOptions) -> Result<()> {
    // It opens no page.
    let config = prepare_servers(paths, Ports::free()?)?;
    step("compiling the soak", || run(workspace::build(paths).args(["--example", EXAMPLE])))?;
    run_soak(paths, config, options)
}

/// Runs the soak with programs that are compiled.
pub(crate) fn run_soak(paths: &Paths, config: StackConfig, options: &SoakOptions) -> Result<()> {
    let seed = options.seed.unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
    });
    eprintln!("gas: soak with --seed {seed}");
    let config = StackConfig {
        restart_all: true,
        job_visibility_secs: Some(JOB_VISIBILITY_SECS),
        restore_timeout_secs: Some(RESTORE_TIMEOUT_SECS),
        free_window_secs: Some(FREE_WINDOW_SECS),
        shards: Some(SHARDS),
        ..config
    };
    with_stack(config, "soak", |stack| {
        run(stack
            .configure(&mut Command::new(paths.binaries(false).join("examples").join(EXAMPLE)))
            .arg(format!("--minutes={}", options.minutes))
            .arg(format!("--jobs={}", options.jobs))
            .arg(format!("--large-jobs={}", options.large_jobs))
            .arg(format!("--users={}", options.users))
            .arg(format!("--seed={seed}"))
            .arg(format!("--settle-minutes={}", options.settle_minutes))
            .args(options.database_outage.map(|secs| format!("--database-outage-secs={secs}")))
            .current_dir(&paths.root))
    })
}
