//! `./gas bench confinement`: measures what the confinement of the engine adds to its start. The worker
//! measures it, with the command line of its runs.

use crate::paths::Paths;
use crate::setup;
use crate::step::run;
use crate::workspace::cargo;
use anyhow::Result;

/// Builds the worker and measures.
pub(super) fn confinement(paths: &Paths) -> Result<()> {
    setup::system_packages(false)?;
    run(cargo(paths, "run").args(["--package", "gas-worker", "--", "confinement"]))
}
