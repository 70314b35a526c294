//! The Python environment of MiniStack.

use super::stamp::{is_stamped, short_hash, stamp};
use crate::paths::Paths;
use crate::step::{run, step};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Returns the Python of a virtual environment with the pinned packages. The environment is created if
/// it is missing or the pins changed.
pub(crate) fn python(paths: &Paths) -> Result<PathBuf> {
    let requirements = paths.root.join("local/emulators/requirements.txt");
    let pins = fs::read(&requirements).context("failed to read the Python requirements")?;
    let hash = short_hash(&pins);
    let folder = paths.cache.join("python");
    let python = folder.join("bin/python3");
    let stamp_file = folder.join("gas.stamp");
    if python.exists() && is_stamped(&stamp_file, &hash) {
        return Ok(python);
    }
    step("installing MiniStack with pip", || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r"];
        run(Command::new(&python).args(install).arg(&requirements))?;
        stamp(&stamp_file, &hash)
    })?;
    Ok(python)
}
