//! Jobs of many users while parts of the service are killed and paused at random, or while PostgreSQL is
//! stopped for a time. Afterwards every job, mail, object and archive is accounted for. Runs against the
//! stack that `./gas soak` starts.

#![expect(clippy::print_stdout, reason = "the report is the output")]

mod audit;
#[path = "../../flows/calls.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod calls;
mod faults;
#[path = "../../flows/large_file.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod large_file;
mod load;
mod outage;
#[path = "../../flows/premium.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod premium;
mod retry;
#[path = "../../flows/stack.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod stack;

use anyhow::Result;
use clap::Parser;
use fastrand::Rng;
use faults::Injector;
use gas_local::Description;
use load::{Load, User};
use stack::stack;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Called by `./gas soak`, which explains the options.
#[derive(Parser)]
struct Options {
    #[arg(long)]
    minutes: f64,
    #[arg(long)]
    jobs: usize,
    #[arg(long)]
    large_jobs: usize,
    #[arg(long)]
    users: usize,
    #[arg(long)]
    seed: u64,
    #[arg(long)]
    settle_minutes: f64,
    #[arg(long)]
    database_outage_secs: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let mut random = Rng::with_seed(options.seed);
    let stack = stack();
    let users = User::sign_up(&stack, options.users).await?;
    println!("soak: {} users are signed in; seed {}", users.len(), options.seed);

    let (load, faults, findings) = match options.database_outage_secs {
        Some(secs) => {
            let length = Duration::from_secs(secs);
            let deadline = Instant::now() + length + 2 * outage::AROUND;
            let load = Load::new(users, (options.jobs, 0), deadline)?;
            let (findings, ()) =
                tokio::join!(outage::stop_database(&stack, length), load.run(&stack, &mut random));
            (load, [("postgres stopped".to_owned(), 1)].into(), findings?)
        }
        None => {
            let length = Duration::from_secs_f64(options.minutes * 60.0);
            let injector = Injector::start(Description::of_test()?, random.fork(), length);
            let counts = (options.jobs, options.large_jobs);
            let load = Load::new(users, counts, Instant::now() + length)?;
            load.run(&stack, &mut random).await;
            (load, injector.stop().await?, Vec::new())
        }
    };
    println!("soak: no more faults; waiting until all work is done");

    let settle = Duration::from_secs_f64(options.settle_minutes * 60.0);
    let report = audit::audit(&stack, &load, settle).await?;
    println!("{report}\n\nfaults injected");
    for (name, count) in &faults {
        println!("  {name:<42}{count:>8}");
    }
    for finding in &findings {
        println!("during the outage: {finding}");
    }
    if report.is_clean() && findings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nnot all is as it must be; repeat it with --seed {}", options.seed);
    Ok(ExitCode::FAILURE)
}
