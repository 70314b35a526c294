//! `./gas bench sources`: measures source files on synthetic sites. An example of `gas-sources` does the work in a
//! separate process, so that its memory can be measured.

use crate::paths::Paths;
use crate::step::run;
use crate::workspace::example;
use anyhow::Result;
use clap::Args;
use std::fs;

/// Options of `bench sources`.
#[derive(Args)]
pub(crate) struct SourcesOptions {
    /// The numbers of sites of the generated files.
    #[arg(long, value_delimiter = ',', default_values_t = [4_000_440, 16_001_760])]
    sites: Vec<u64>,
    /// The numbers of values of a site, besides FILTER: 12, or 21 with AN of all populations.
    #[arg(long, value_delimiter = ',', default_values = ["12", "21"])]
    values: Vec<String>,
}

/// Measures the release build, as it ships.
pub(super) fn sources(paths: &Paths, options: &SourcesOptions) -> Result<()> {
    let work = paths.target.join("bench");
    fs::create_dir_all(&work)?;
    run(example(paths, "gas-sources", "sources-bench", &["--release"])
        .arg(&work)
        .arg(options.values.join(","))
        .args(options.sites.iter().map(u64::to_string)))
}
