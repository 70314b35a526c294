//! `./gas bench jobs`: measures the job list of a user with very many jobs. An example of the
//! end-to-end tests does the work, because they access the table in the same way as the product.

use crate::paths::Paths;
use crate::serve::prepare_servers;
use crate::step::run;
use crate::temporary_stack::with_stack;
use anyhow::Result;
use clap::Args;
use gas_local::Ports;
use std::process::Command;

/// Options of `bench jobs`.
#[derive(Args)]
pub(crate) struct JobsOptions {
    /// The number of the user's jobs.
    #[arg(long, default_value_t = 10_000)]
    jobs: u32,
}

/// Starts a stack and measures. The programs are those of the tests and not optimized, so the figures
/// are an upper bound.
pub(super) fn jobs(paths: &Paths, options: &JobsOptions) -> Result<()> {
    with_stack(prepare_servers(paths, Ports::free()?)?, "bench", |stack| {
        run(stack.configure(Command::new("cargo").current_dir(&paths.root).args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "gas-tests",
            "--example",
            "jobs-bench",
            "--",
            &options.jobs.to_string(),
        ])))
    })
}
