//! `./gas check`: the checks of CI besides the tests.

use crate::bundle::Profile;
use crate::features;
use crate::paths::Paths;
use crate::setup::{CARGO_DENY, cargo_tool};
use crate::step::{run, step};
use anyhow::Result;
use std::process::Command;

/// Format, lints of both halves, licences and sources.
pub(crate) fn check(paths: &Paths) -> Result<()> {
    step("format", || run(&mut cargo(paths, &["fmt", "--all", "--check"])))?;
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
    let deny = cargo_tool(paths, CARGO_DENY)?;
    step("licences, bans and sources", || {
        // The list of advisories is a git repository, which closed networks do not reach.
        run(Command::new(&deny)
            .args(["--log-level", "error", "check", "bans", "licenses", "sources"])
            .current_dir(&paths.root))
    })
}

fn cargo(paths: &Paths, arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(&paths.root);
    cargo
}
