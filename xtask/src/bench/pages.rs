//! `./gas bench pages`: measures the loading of the pages in a browser. The servers are not optimized by default, so the times
//! are upper bounds.

use crate::browser::{self, Servers};
use crate::paths::Paths;
use anyhow::Result;
use clap::Args;

/// Options of `bench pages`.
#[derive(Args)]
pub(crate) struct PagesOptions {
    /// Measure with the programs of a release, as users have them. They are compiled first, which takes long.
    #[arg(long)]
    release: bool,
}

/// Starts a stack and measures.
pub(super) fn pages(paths: &Paths, options: &PagesOptions) -> Result<()> {
    let servers = if options.release { Servers::Release } else { Servers::Tests };
    browser::run_script(paths, "bench", "measure.mjs", servers, |script| script)
}
