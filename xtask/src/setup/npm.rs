//! The npm parts: identity provider, bundler, browser driver.

use super::{is_stamped, short_hash, stamp};
use crate::paths::Paths;
use crate::step::{ask, run, step};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The folder of the pinned npm packages; installed where it is missing or the pins changed.
pub(crate) fn modules(paths: &Paths) -> Result<PathBuf> {
    let folder = paths.root.join("local");
    let modules = folder.join("node_modules");
    let lock = fs::read(folder.join("package-lock.json")).context("failed to read the npm lock")?;
    let hash = short_hash(&lock);
    let stamp_file = modules.join(".gas.stamp");
    if !is_stamped(&stamp_file, &hash) {
        step("installing the npm parts", || {
            let flags = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
            run(Command::new("npm").args(flags).current_dir(&folder))?;
            stamp(&stamp_file, &hash)
        })?;
    }
    Ok(modules)
}

/// The path of Node.js.
pub(crate) fn node() -> Result<PathBuf> {
    let path = ask(Command::new("node").args(["-p", "process.execPath"]));
    Ok(path.context("Node.js is missing")?.into())
}
