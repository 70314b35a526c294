//! The npm packages: identity provider, bundler, browser driver.

use super::stamp::{is_stamped, short_hash, stamp};
use crate::paths::Paths;
use crate::step::{output, run, step};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Returns the folder of the npm packages. They are installed if they are missing or the lock file
/// changed.
pub(crate) fn modules(paths: &Paths) -> Result<PathBuf> {
    let folder = paths.root.join("local");
    let modules = folder.join("node_modules");
    let lock = fs::read(folder.join("package-lock.json")).context("failed to read the npm lock")?;
    let hash = short_hash(&lock);
    let stamp_file = modules.join(".gas.stamp");
    if !is_stamped(&stamp_file, &hash) {
        step("installing the npm packages", || {
            let flags = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
            run(Command::new("npm").args(flags).current_dir(&folder))?;
            stamp(&stamp_file, &hash)
        })?;
    }
    Ok(modules)
}

/// The oldest major version of Node.js that the identity provider supports.
const NODE_MAJOR: u32 = 20;

/// The path of Node.js.
pub(crate) fn node() -> Result<PathBuf> {
    let script = "process.versions.node + ' ' + process.execPath";
    let text = output(Command::new("node").args(["-p", script])).context("Node.js is missing")?;
    let (version, path) = text.split_once(' ').context("Node.js printed no version")?;
    if major(version).is_none_or(|major| major < NODE_MAJOR) {
        bail!("Node.js {NODE_MAJOR} or newer is required; {path} is version {version}");
    }
    Ok(path.into())
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("20.20.2"), Some(20));
        assert_eq!(major(""), None);
    }
}
