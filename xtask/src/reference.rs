//! `./gas reference`: hands over to `gas-reference`, with a catalog in the workspace.

use crate::paths::Paths;
use crate::setup;
use crate::step::run;
use anyhow::Result;
use std::ffi::OsString;
use std::process::Command;

/// Builds `gas-reference` and runs it.
pub(crate) fn reference(paths: &Paths, arguments: &[OsString]) -> Result<()> {
    const FOLDER: &str = "GAS_REFERENCE_FOLDER";
    let mut cargo = Command::new("cargo");
    cargo
        .args(["run", "--quiet", "--locked", "--package", "gas-references", "--manifest-path"])
        .arg(paths.root.join("Cargo.toml"))
        .arg("--")
        .args(arguments);
    // The script `gas` sets it. Relative paths in the arguments are relative to the caller's folder.
    if let Some(folder) = std::env::var_os("GAS_CALLER_DIR") {
        cargo.current_dir(folder);
    }
    cargo.env(FOLDER, setup::catalog_folder(paths));
    run(&mut cargo)
}
