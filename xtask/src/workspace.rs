//! Cargo's selection of the whole workspace, with which all commands find the same compiled code.

use crate::paths::Paths;
use std::process::Command;

/// All crates, and the web server without the component gallery, as in a release.
pub(crate) const SELECTION: [&str; 4] = ["--locked", "--workspace", "--features", "gas-app/server"];

/// Compiles targets of the workspace; the caller adds which.
pub(crate) fn build(paths: &Paths) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet"]).args(SELECTION).current_dir(&paths.root);
    cargo
}
