//! Virtual environments of Python with pinned packages.

use super::stamp::{is_stamped, short_hash, stamp};
use crate::paths::Paths;
use crate::step::{run, step};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Returns the Python with MiniStack.
pub(crate) fn python(paths: &Paths) -> Result<PathBuf> {
    environment(paths, "MiniStack", "python", "local/emulators/requirements.txt")
}

/// Returns the Python with biocommons hgvs, the second opinion of `conformance`.
pub(crate) fn hgvs_python(paths: &Paths) -> Result<PathBuf> {
    environment(paths, "biocommons hgvs", "python-hgvs", "xtask/conformance/requirements.txt")
}

/// Returns the Python with what the tests of the Python client need.
pub(crate) fn client_python(paths: &Paths) -> Result<PathBuf> {
    let requirements = "clients/python/tests/requirements.txt";
    environment(paths, "what the Python client needs", "python-client", requirements)
}

/// Returns the Python with Galaxy's linter of tools.
pub(crate) fn galaxy_python(paths: &Paths) -> Result<PathBuf> {
    environment(paths, "Galaxy's linter", "python-galaxy", "clients/galaxy/tests/requirements.txt")
}

/// Returns the folder of the programs cfn-lint, checkov and squawk.
pub(crate) fn linters(paths: &Paths) -> Result<PathBuf> {
    let name = "the linters of templates and migrations";
    let python = environment(paths, name, "python-lint", "deploy/lint/requirements.txt")?;
    Ok(python.parent().context("the environment has no folder")?.to_path_buf())
}

/// Returns the Python of a virtual environment with exactly the pinned packages. The environment is
/// created if it is missing or the pins changed.
fn environment(paths: &Paths, name: &str, folder: &str, requirements: &str) -> Result<PathBuf> {
    let requirements = paths.root.join(requirements);
    let pins = fs::read(&requirements).context("failed to read the Python requirements")?;
    let hash = short_hash(&pins);
    let folder = paths.cache.join(folder);
    let python = folder.join("bin/python3");
    let stamp_file = folder.join("gas.stamp");
    if python.exists() && is_stamped(&stamp_file, &hash) {
        return Ok(python);
    }
    step(&format!("installing {name} with pip"), || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let install = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r"];
        run(Command::new(&python).args(install).arg(&requirements))?;
        stamp(&stamp_file, &hash)
    })?;
    Ok(python)
}
