//! `./gas bench hostile`: measures engine and index on hostile files in the release profile.

use crate::paths::Paths;
use crate::setup;
use crate::step::run;
use crate::workspace::cargo;
use anyhow::Result;

/// Runs the test of hostile files, which prints a table, with its limit for a release build.
pub(super) fn hostile(paths: &Paths) -> Result<()> {
    setup::system_packages(false)?;
    let test = ["--release", "--package", "gas-explorer", "--test", "hostile_files"];
    run(cargo(paths, "test").args(test).args(["--", "--nocapture"]))
}
