//! `./gas check`: the checks of CI besides the tests.

use crate::bundle::Profile;
use crate::circles;
use crate::features;
use crate::paths::Paths;
use crate::secrets;
use crate::setup::{CARGO_DENY, CARGO_MACHETE, cargo_tool, linters};
use crate::step::{output, run, step};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Checks formatting, secrets, features, lints of both halves of the application, templates, migrations, and
/// dependencies.
pub(crate) fn check(paths: &Paths) -> Result<()> {
    step("format", || run(&mut cargo(paths, &["fmt", "--all", "--check"])))?;
    step("secrets in the repository", || secrets::scan(&paths.root))?;
    step("circles of imports", || circles::verify(&crates(paths)?))?;
    step("one compilation for all selections of packages", || features::verify(paths))?;
    step("lints of the servers", || {
        let arguments = ["clippy", "--quiet", "--locked", "--workspace", "--all-targets"];
        run(cargo(paths, &arguments).args(["--features", "gas-app/server", "--", "-D", "warnings"]))
    })?;
    // As it ships, and as developers have it.
    for features in [Profile::Release, Profile::Dev].map(|profile| profile.features("web")) {
        step(&format!("lints of the browser's half ({features})"), || {
            let arguments = ["clippy", "--quiet", "--locked", "--package", "gas-app"];
            run(cargo(paths, &arguments).args(["--features", &features, "--", "-D", "warnings"]))
        })?;
    }
    let linters = linters(paths)?;
    step("CloudFormation templates (cfn-lint)", || {
        run(Command::new(linters.join("cfn-lint"))
            .args(["deploy/template.yaml", "deploy/stacks/*.yaml"])
            .current_dir(&paths.root))
    })?;
    step("CloudFormation templates and container images (checkov)", || {
        run(Command::new(linters.join("checkov"))
            .args(["--config-file", "deploy/lint/checkov.yaml"])
            .current_dir(&paths.root))
    })?;
    step("migrations (squawk)", || {
        // The configuration names files by these paths.
        let folder = Path::new("backend/migrations");
        let migrations = fs::read_dir(paths.root.join(folder))?.flatten();
        run(Command::new(linters.join("squawk"))
            .args(["--config", "deploy/lint/squawk.toml"])
            .args(migrations.map(|entry| folder.join(entry.file_name())))
            .current_dir(&paths.root))
    })?;
    let machete = cargo_tool(paths, CARGO_MACHETE)?;
    step("unused dependencies", || {
        // It takes its own name as the first argument if it believes that cargo has started it, which it
        // concludes from the variable CARGO.
        run(Command::new(&machete)
            .env("CARGO", "cargo")
            .args(["machete", "--with-metadata"])
            .args(crates(paths)?))
    })?;
    let deny = cargo_tool(paths, CARGO_DENY)?;
    step("licenses, duplicates and sources of dependencies", || {
        run(Command::new(&deny)
            .args(["--log-level", "warn", "check", "bans", "licenses", "sources"])
            .current_dir(&paths.root))
    })?;
    step("advisories of dependencies", || advisories(paths, &deny))
}

/// The folders of our crates. workspace-hack is left out, because it uses none of its dependencies.
fn crates(paths: &Paths) -> Result<Vec<PathBuf>> {
    let folders = fs::read_dir(&paths.root)?.flatten().map(|entry| entry.path());
    let is_crate =
        |path: &PathBuf| path.join("Cargo.toml").exists() && !path.ends_with("workspace-hack");
    Ok(folders.filter(is_crate).collect())
}

/// Checks the dependencies against the RustSec database. The database is a git repository, so the check
/// is skipped on networks that do not reach it.
fn advisories(paths: &Paths, deny: &Path) -> Result<()> {
    let deny = || {
        let mut command = Command::new(deny);
        command.args(["--log-level", "warn"]).current_dir(&paths.root);
        command
    };
    if output(deny().args(["fetch", "db"])).is_none() {
        eprintln!("gas: SKIPPED: https://github.com/RustSec/advisory-db is not reachable");
        return Ok(());
    }
    run(deny().args(["check", "--disable-fetch", "advisories"]))
}

fn cargo(paths: &Paths, arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(&paths.root);
    cargo
}
