//! Cargo's helpers that the commands use.

use crate::paths::Paths;
use crate::step::{run, step};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// A program from crates.io, of a version that is known to work.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Checks licences, bans and sources.
pub(crate) const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

/// Runs tests, each in a process of its own.
pub(crate) const CARGO_NEXTEST: Tool = Tool { name: "cargo-nextest", version: "0.9.143" };

/// The program of a tool: the machine's own, else one that is compiled once into the cache.
pub(crate) fn cargo_tool(paths: &Paths, tool: Tool) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = std::env::split_paths(&path).map(|folder| folder.join(tool.name));
    if let Some(program) = own.into_iter().find(|program| program.is_file()) {
        return Ok(program);
    }
    let root = paths.cache.join("tools").join(format!("{}-{}", tool.name, tool.version));
    let program = root.join("bin").join(tool.name);
    if !program.exists() {
        step(&format!("installing {} {}, once", tool.name, tool.version), || {
            run(Command::new("cargo")
                .args(["install", "--quiet", "--locked", tool.name, "--version", tool.version])
                .arg("--root")
                .arg(&root)
                // Waiting for an optimised tool would take longer than it ever saves here.
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                // Compiled apart, in a folder that cargo deletes afterwards.
                .env_remove("CARGO_TARGET_DIR"))
        })?;
    }
    Ok(program)
}
