//! `./gas deploy`: creates and updates the stacks of an environment with `deploy/deploy.py`.

use crate::paths::Paths;
use crate::setup;
use crate::step::{run, step};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Deploys an environment; with `plan`, prints the changes only.
pub(crate) fn deploy(paths: &Paths, environment: &str, plan: bool) -> Result<()> {
    let python = setup::python(paths)?;
    let mut command = Command::new(python);
    command.arg(paths.root.join("deploy/deploy.py")).arg(file_of(paths, environment));
    if plan {
        command.arg("--plan");
    }
    // The script `gas` sets it. A path in the arguments is relative to the caller's folder.
    if let Some(folder) = std::env::var_os("GAS_CALLER_DIR") {
        command.current_dir(folder);
    }
    run(&mut command)
}

/// Creates and updates all stacks on the emulator that `root` describes, as its root user.
pub(crate) fn test(
    paths: &Paths,
    python: &Path,
    root: impl IntoIterator<Item = (String, String)>,
) -> Result<()> {
    step("deployment of all stacks", || {
        run(Command::new(python).arg(paths.root.join("deploy/tests/test_deploy.py")).envs(root))
    })
}

/// The file of an environment, which is given by its name or its path.
fn file_of(paths: &Paths, environment: &str) -> PathBuf {
    let named = paths.root.join(format!("deploy/env/{environment}.toml"));
    if named.exists() { named } else { environment.into() }
}
