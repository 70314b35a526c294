//! The engine as developer commands use it.

use crate::paths::Paths;
use crate::step::run;
use crate::workspace::cargo;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles the engine with optimizations and returns its path.
pub(crate) fn build(paths: &Paths) -> Result<PathBuf> {
    let arguments = ["--release", "--package", "gas-annotate", "--bin", "gas-annotate"];
    run(cargo(paths, "build").args(arguments))?;
    Ok(paths.binaries(true).join("gas-annotate"))
}

/// Builds a reference with an engine, in the folder `out`.
pub(crate) fn build_reference(
    engine: &Path,
    assembly: &str,
    gff: &Path,
    fasta: &Path,
    out: &Path,
) -> Result<()> {
    run(Command::new(engine)
        .args(["build-reference", "--assembly", assembly, "--gff"])
        .arg(gff)
        .arg("--fasta")
        .arg(fasta)
        .arg("--out")
        .arg(out))
}
