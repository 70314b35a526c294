//! Runs steps and commands, and prints the name and the time of each step.

use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a step and prints its name and time.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("gas: {name} …");
    let clock = Instant::now();
    let done = work().with_context(|| format!("step failed: {name}"))?;
    done_in(name, clock.elapsed());
    Ok(done)
}

/// Prints that a step is done.
pub(crate) fn done_in(name: &str, time: Duration) {
    eprintln!("gas: {name}: {:.1} s", time.as_secs_f64());
}

/// Runs a command and shows its output. Fails if the command fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("failed to start {}", program(command)))?;
    if !status.success() {
        bail!("{} exited with {status}", program(command));
    }
    Ok(())
}

/// Runs a command and returns its output, or `None` if the command fails or does not exist.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Whether a program is in the PATH.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
