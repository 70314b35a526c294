//! `./gas bench explorer`: how fast the results explorer answers. The work is done by
//! `gas_explorer::bench`, in a process of its own, so that its memory can be told.

use crate::paths::Paths;
use crate::step::run;
use anyhow::Result;
use clap::Args;
use std::fs;
use std::process::Command;

/// Options of `bench explorer`.
#[derive(Args)]
pub(crate) struct ExplorerOptions {
    /// Variants of the result that is made.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
}

/// Measures, with the profile that `./gas up` runs: the explorer is optimised in both.
pub(super) fn explorer(paths: &Paths, options: &ExplorerOptions) -> Result<()> {
    let work = paths.target.join("bench");
    fs::create_dir_all(&work)?;
    run(Command::new("cargo")
        .args(["run", "--quiet", "--locked", "--package", "gas-explorer", "--features", "bench"])
        .args(["--example", "explorer-bench", "--"])
        .arg(&work)
        .arg(options.records.to_string())
        .current_dir(&paths.root))
}
