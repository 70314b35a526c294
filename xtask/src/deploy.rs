//! `./gas deploy` and `./gas rollback` create and update the stacks of an environment with `deploy/deploy.py`,
//! `./gas doctor` checks what they need with `deploy/doctor.py`, `./gas payments` makes what they need at Stripe with
//! `deploy/payments.py`, and `./gas audit` compares what they store with `deploy/audit.py`.

use crate::paths::Paths;
use crate::setup;
use crate::step::{run, step};
use anyhow::Result;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to deploy to.
#[derive(Args)]
pub(crate) struct Target {
    /// An environment of deploy/env, such as `example`, or the path of its file.
    environment: String,
    /// Print the changes only.
    #[arg(long)]
    plan: bool,
}

/// Deploys an environment, with the release in a folder or the one that it has.
pub(crate) fn deploy(paths: &Paths, target: &Target, release: Option<&Path>) -> Result<()> {
    let mut command = command(paths, target)?;
    if let Some(folder) = release {
        command.arg("--release").arg(folder);
    }
    run(&mut command)
}

/// Deploys the release that an environment had before.
pub(crate) fn roll_back(paths: &Paths, target: &Target) -> Result<()> {
    run(command(paths, target)?.arg("--rollback"))
}

/// Checks what an environment needs outside of its stacks.
pub(crate) fn doctor(paths: &Paths, environment: &str) -> Result<()> {
    run(&mut script(paths, "doctor.py", environment)?)
}

/// Makes the price of Premium and the endpoint of events at Stripe.
pub(crate) fn payments(
    paths: &Paths,
    environment: &str,
    monthly: &str,
    currency: &str,
) -> Result<()> {
    let mut command = script(paths, "payments.py", environment)?;
    run(command.args(["--monthly", monthly, "--currency", currency]))
}

/// Compares the jobs of an environment, or those of a restored table, with their files.
pub(crate) fn audit(paths: &Paths, environment: &str, table: Option<&str>) -> Result<()> {
    let mut command = script(paths, "audit.py", environment)?;
    if let Some(name) = table {
        command.args(["--table", name]);
    }
    run(&mut command)
}

fn command(paths: &Paths, target: &Target) -> Result<Command> {
    let mut command = script(paths, "deploy.py", &target.environment)?;
    if target.plan {
        command.arg("--plan");
    }
    Ok(command)
}

/// A script of `deploy/` with the file of an environment.
fn script(paths: &Paths, name: &str, environment: &str) -> Result<Command> {
    let mut command = Command::new(setup::python(paths)?);
    command.arg(paths.root.join("deploy").join(name)).arg(file_of(paths, environment));
    // The script `gas` sets it. A path in the arguments is relative to the caller's folder.
    if let Some(folder) = std::env::var_os("GAS_CALLER_DIR") {
        command.current_dir(folder);
    }
    Ok(command)
}

/// Creates and updates all stacks on the emulator that `root` describes, as its root user, and runs the doctor and
/// the audit. Then kills an emulator of its own.
pub(crate) fn test(
    paths: &Paths,
    python: &Path,
    root: impl IntoIterator<Item = (String, String)>,
) -> Result<()> {
    let environment: Vec<_> = root.into_iter().collect();
    let discover = |folder: &str| {
        let arguments = ["-m", "unittest", "discover", "--quiet", "--start-directory"];
        let tests = paths.root.join(folder);
        run(Command::new(python).args(arguments).arg(tests).envs(environment.iter().cloned()))
    };
    step("deployment of all stacks", || discover("deploy/tests"))?;
    step("restart of the emulator", || discover("local/tests"))
}

/// The file of an environment, which is given by its name or its path.
fn file_of(paths: &Paths, environment: &str) -> PathBuf {
    let named = paths.root.join(format!("deploy/env/{environment}.toml"));
    if named.exists() { named } else { environment.into() }
}
