//! `./gas bench explorer`: measures the results explorer. `gas_explorer::bench` does the work in a
//! separate process, so that its memory can be measured.

use crate::paths::Paths;
use crate::step::run;
use crate::workspace::example;
use anyhow::Result;
use clap::Args;
use std::fs;

/// Options of `bench explorer`.
#[derive(Args)]
pub(crate) struct ExplorerOptions {
    /// The number of records of the generated result.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// The number of its samples.
    #[arg(long, default_value_t = 0)]
    samples: usize,
    /// With columns of sources, and what each costs.
    #[arg(long)]
    sources: bool,
}

/// Measures with the profile of `./gas up`: the explorer is optimized in both profiles.
pub(super) fn explorer(paths: &Paths, options: &ExplorerOptions) -> Result<()> {
    let work = paths.target.join("bench");
    fs::create_dir_all(&work)?;
    run(example(paths, "gas-explorer", "explorer-bench", &["--features", "bench"])
        .arg(&work)
        .args([options.records.to_string(), options.samples.to_string()])
        .args(options.sources.then_some("sources")))
}
