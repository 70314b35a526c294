//! `./gas bench confinement`: measures what the confinement of the engine adds to its start. The worker
//! measures it, with the command line of its runs.

use crate::paths::Paths;
use crate::setup;
use crate::step::run;
use anyhow::Result;
use std::process::Command;

/// Builds the worker and measures.
pub(super) fn confinement(paths: &Paths) -> Result<()> {
    setup::system_packages(false)?;
    let build = ["run", "--quiet", "--locked", "--package", "gas-worker", "--", "confinement"];
    run(Command::new("cargo").args(build).current_dir(&paths.root))
}
