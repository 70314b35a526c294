//! Jobs of many users while parts of the service are killed and paused at random. Afterwards every
//! job, mail, object and archive is accounted for. Runs against the stack that `./gas soak` starts.

#![expect(clippy::print_stdout, reason = "the report is the output")]

mod audit;
#[path = "../../flows/calls.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod calls;
mod faults;
mod load;
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
    users: usize,
    #[arg(long)]
    seed: u64,
    #[arg(long)]
    settle_minutes: f64,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let mut random = Rng::with_seed(options.seed);
    let stack = stack();
    let users = User::sign_up(&stack, options.users).await?;
    println!("soak: {} users are signed in; seed {}", users.len(), options.seed);

    let length = Duration::from_secs_f64(options.minutes * 60.0);
    let injector = Injector::start(Description::of_test()?, random.fork(), length);
    let load = Load::new(users, options.jobs, Instant::now() + length);
    load.run(&stack, &mut random).await;
    let faults = injector.stop().await?;
    println!("soak: no more faults; waiting until all work is done");

    let settle = Duration::from_secs_f64(options.settle_minutes * 60.0);
    let report = audit::audit(&stack, &load, settle).await?;
    println!("{report}\n\nfaults injected");
    for (name, count) in &faults {
        println!("  {name:<42}{count:>8}");
    }
    if report.is_clean() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nsomething was lost, doubled or orphaned; repeat it with --seed {}", options.seed);
    Ok(ExitCode::FAILURE)
}
