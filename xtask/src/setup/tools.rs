//! Cargo subcommands that the commands use.

use crate::paths::Paths;
use crate::step::{run, step};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// A program from crates.io with a pinned version.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Checks licenses, duplicates, sources and advisories of dependencies.
pub(crate) const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

/// Finds unused dependencies.
pub(crate) const CARGO_MACHETE: Tool = Tool { name: "cargo-machete", version: "0.9.2" };

/// Runs each test in a separate process.
pub(crate) const CARGO_NEXTEST: Tool = Tool { name: "cargo-nextest", version: "0.9.143" };

/// Lists the dependencies of a workspace, as CycloneDX or SPDX.
pub(crate) const CARGO_SBOM: Tool = Tool { name: "cargo-sbom", version: "0.10.0" };

/// Returns the path of a tool: the program in the PATH, or one that is compiled into the cache once.
pub(crate) fn cargo_tool(paths: &Paths, tool: Tool) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).map(|folder| folder.join(tool.name));
    if let Some(program) = installed.into_iter().find(|program| program.is_file()) {
        return Ok(program);
    }
    let root = paths.cache.join("tools").join(format!("{}-{}", tool.name, tool.version));
    let program = root.join("bin").join(tool.name);
    if !program.exists() {
        step(&format!("installing {} {} (once)", tool.name, tool.version), || {
            run(Command::new("cargo")
                .args(["install", "--quiet", "--locked", tool.name, "--version", tool.version])
                .arg("--root")
                .arg(&root)
                // An optimized build would take longer than it saves.
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                // Without it, cargo compiles in a temporary folder.
                .env_remove("CARGO_TARGET_DIR"))
        })?;
    }
    Ok(program)
}
