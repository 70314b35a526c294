//! The npm parts: identity provider, bundler, browser driver.

use super::{is_stamped, short_hash, stamp};
use crate::paths::Paths;
use crate::step::{ask, run, step};
use anyhow::{Context, Result, bail};
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

/// The oldest Node.js that the identity provider runs on.
const NODE_MAJOR: u32 = 20;

/// The path of Node.js.
pub(crate) fn node() -> Result<PathBuf> {
    let script = "process.versions.node + ' ' + process.execPath";
    let answer = ask(Command::new("node").args(["-p", script])).context("Node.js is missing")?;
    let (version, path) = answer.split_once(' ').context("Node.js does not tell its version")?;
    if major(version).is_none_or(|major| major < NODE_MAJOR) {
        bail!("Node.js {NODE_MAJOR} or newer is needed; {path} is {version}");
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
