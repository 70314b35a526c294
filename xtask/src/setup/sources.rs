//! The sources that `./gas source add` has put into the catalog of the workspace, and those of the demo.

use super::catalog::{active_entries, folder_of};
use super::stamp::{is_stamped, short_hash, stamp};
use crate::paths::Paths;
use crate::step::{run, step};
use anyhow::{Context, Result};
use gas_local::{References, StackConfig};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the catalog of sources, unless `GAS_SOURCE_FOLDER` names another one. It is not in the data folder,
/// which `./gas down --wipe` deletes.
pub(crate) fn source_folder(paths: &Paths) -> PathBuf {
    folder_of(paths, "GAS_SOURCE_FOLDER", ".gas-sources")
}

/// The catalog of sources of a stack: that of the workspace, or with the demo reference, that of the demo. `None` if there is
/// none for the references of the stack.
pub(crate) fn sources(paths: &Paths, config: &StackConfig) -> Result<Option<PathBuf>> {
    let folder = source_folder(paths);
    let ids = active_entries(&folder)?;
    if !ids.is_empty() {
        eprintln!("gas: sources: {}", ids.join(", "));
        return Ok(Some(folder));
    }
    match &config.references {
        References::Bundle(reference) => {
            demo_sources(paths, &config.programs.binaries, reference).map(Some)
        }
        References::Catalog { .. } => Ok(None),
    }
}

/// Returns the catalog with the sources of the demo, which are built from `assets/sources` if they are missing, or if
/// their inputs, the reference or the command changed.
fn demo_sources(paths: &Paths, binaries: &Path, reference: &Path) -> Result<PathBuf> {
    let command = binaries.join("gas-source");
    let assets = paths.root.join("assets/sources");
    let mut inputs = fs::read(&command).context("failed to read gas-source")?;
    inputs.extend(fs::read(reference.join("manifest.json"))?);
    let mut files: Vec<_> = fs::read_dir(&assets)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in &files {
        inputs.extend(fs::read(file)?);
    }
    let hash = short_hash(&inputs);
    let catalog = paths.target.join("sources");
    let stamp_file = paths.target.join("sources.stamp");
    if !is_stamped(&stamp_file, &hash) {
        step("building the sources of the demo", || {
            if catalog.exists() {
                fs::remove_dir_all(&catalog)?;
            }
            let is_description = |path: &&PathBuf| path.extension().is_some_and(|e| e == "toml");
            for description in files.iter().filter(is_description) {
                run(Command::new(&command)
                    .arg("--catalog")
                    .arg(&catalog)
                    .args(["add", "--description"])
                    .arg(description)
                    .arg("--file")
                    .arg(description.with_extension("vcf.gz"))
                    .arg("--reference-bundle")
                    .arg(reference)
                    .env_remove("GAS_REFERENCE_FOLDER"))?;
            }
            stamp(&stamp_file, &hash)
        })?;
    }
    Ok(catalog)
}
