//! Calls of cargo on the workspace.

use crate::paths::Paths;
use std::process::Command;

/// The selection of all crates, and of the web server without the component gallery, as in a release. With it, all
/// commands find the same compiled code.
pub(crate) const SELECTION: [&str; 4] = ["--locked", "--workspace", "--features", "gas-app/server"];

/// A command of cargo, with the versions in `Cargo.lock`.
pub(crate) fn cargo(paths: &Paths, command: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args([command, "--quiet", "--locked"]).current_dir(&paths.root);
    cargo
}

/// Compiles and runs an example of a crate with `options` of cargo; the caller adds the arguments of the example.
pub(crate) fn example(paths: &Paths, package: &str, name: &str, options: &[&str]) -> Command {
    let mut run = cargo(paths, "run");
    run.args(["--package", package, "--example", name]).args(options).arg("--");
    run
}

/// Compiles targets of the workspace; the caller adds which.
pub(crate) fn build(paths: &Paths) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet"]).args(SELECTION).current_dir(&paths.root);
    cargo
}
