//! `./gas bench jobs`: measures the job list of a user with very many jobs. An example of the
//! end-to-end tests does the work, because it fills the table in the same way as the product.

use crate::paths::Paths;
use crate::step::run;
use crate::workspace::example;
use anyhow::Result;
use clap::Args;

/// Options of `bench jobs`.
#[derive(Args)]
pub(crate) struct JobsOptions {
    /// The number of the user's jobs.
    #[arg(long, default_value_t = 10_000)]
    jobs: u32,
}

/// Measures with the profile of `./gas up`, so the figures are an upper bound.
pub(super) fn jobs(paths: &Paths, options: &JobsOptions) -> Result<()> {
    run(example(paths, "gas-tests", "jobs-bench", &[]).arg(options.jobs.to_string()))
}
