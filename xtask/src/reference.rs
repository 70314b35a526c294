//! `./gas reference` and `./gas source`: hand over to `gas-reference` and `gas-source`, with catalogs in the workspace.

use crate::paths::Paths;
use crate::setup;
use crate::step::run;
use anyhow::Result;
use std::ffi::OsString;
use std::process::Command;

/// Builds `gas-reference` and runs it.
pub(crate) fn reference(paths: &Paths, arguments: &[OsString]) -> Result<()> {
    hand_over(paths, "gas-reference", arguments)
}

/// Builds `gas-source` and runs it.
pub(crate) fn source(paths: &Paths, arguments: &[OsString]) -> Result<()> {
    hand_over(paths, "gas-source", arguments)
}

fn hand_over(paths: &Paths, program: &str, arguments: &[OsString]) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["run", "--quiet", "--locked", "--package", "gas-references", "--bin", program])
        .arg("--manifest-path")
        .arg(paths.root.join("Cargo.toml"))
        .arg("--")
        .args(arguments);
    // The script `gas` sets it. Relative paths in the arguments are relative to the caller's folder.
    if let Some(folder) = std::env::var_os("GAS_CALLER_DIR") {
        cargo.current_dir(folder);
    }
    cargo.env("GAS_REFERENCE_FOLDER", setup::catalog_folder(paths));
    cargo.env("GAS_SOURCE_FOLDER", setup::source_folder(paths));
    run(&mut cargo)
}
