//! The demo reference, which the engine builds from `assets/reference`.

use super::stamp::{is_stamped, short_hash, stamp};
use crate::paths::Paths;
use crate::step::{run, step};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the folder of the reference. The reference is built if it is missing, or if its sources or
/// the engine changed.
pub(crate) fn reference(paths: &Paths, binaries: &Path) -> Result<PathBuf> {
    let engine = binaries.join("gas-annotate");
    let sources = paths.root.join("assets/reference");
    let mut inputs = fs::read(&engine).context("failed to read the engine")?;
    let mut files: Vec<_> = fs::read_dir(&sources)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.is_file()) {
        inputs.extend(fs::read(file)?);
    }
    let hash = short_hash(&inputs);
    let reference = paths.target.join("reference");
    let stamp_file = paths.target.join("reference.stamp");
    if !is_stamped(&stamp_file, &hash) {
        step("building the demo reference", || {
            if reference.exists() {
                fs::remove_dir_all(&reference)?;
            }
            run(Command::new(&engine)
                .arg("build-reference")
                .arg("--gff")
                .arg(sources.join("demo.gff3.gz"))
                .arg("--fasta")
                .arg(sources.join("demo.fa.gz"))
                .args(["--assembly", "GRCh37", "--out"])
                .arg(&reference))?;
            stamp(&stamp_file, &hash)
        })?;
    }
    Ok(reference)
}
