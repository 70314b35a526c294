//! `./gas bench jobs`: how fast the list of a user with very many jobs answers. The work is done by
//! an example of the end-to-end tests, which have the product's way to the table.

use super::with_stack;
use crate::bundle::Profile;
use crate::paths::Paths;
use crate::step::run;
use anyhow::Result;
use clap::Args;
use std::process::Command;

/// Options of `bench jobs`.
#[derive(Args)]
pub(crate) struct JobsOptions {
    /// How many jobs the user has.
    #[arg(long, default_value_t = 10_000)]
    jobs: u32,
}

/// Starts a stack and measures. The programs are those of the tests, not optimised: the figures are
/// an upper bound.
pub(super) fn jobs(paths: &Paths, options: &JobsOptions) -> Result<()> {
    with_stack(paths, Profile::Dev, |stack| {
        run(stack.give(Command::new("cargo").current_dir(&paths.root).args([
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
