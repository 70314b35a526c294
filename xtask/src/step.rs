//! Runs steps and commands, and prints the name and the time of each step.

use anyhow::{Context, Result, anyhow, bail};
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

/// Runs two steps at the same time, and returns when both have ended. While one of them waits for a single long
/// compilation, the other one uses the rest of the processors.
pub(crate) fn at_once<A: Send, B>(
    first: impl FnOnce() -> Result<A> + Send,
    second: impl FnOnce() -> Result<B>,
) -> Result<(A, B)> {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        let first = first.join().map_err(|_| anyhow!("a step has panicked"))?;
        Ok((first?, second?))
    })
}

/// Prints that a step is done.
pub(crate) fn done_in(name: &str, time: Duration) {
    eprintln!("gas: {name}: {:.1} s", time.as_secs_f64());
}

/// Runs a command and shows its output. Fails if the command fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_package) {
            command.env_remove(name);
        }
    }
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("failed to start {}", program(command)))?;
    if !status.success() {
        bail!("{} exited with {status}", program(command));
    }
    Ok(())
}

/// Whether `cargo run` sets this variable to describe the package that it runs, which is xtask.
///
/// Commands must not inherit these variables: build scripts that depend on them, such as ring's, would
/// run again, and everything that depends on them would be compiled again, whenever cargo is called
/// once by xtask and once by a developer.
fn describes_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn two_steps_run_at_the_same_time_and_both_end() {
        let (send, receive) = mpsc::channel();
        let wait = Duration::from_secs(10);
        let done = at_once(move || Ok(receive.recv_timeout(wait)?), || Ok(send.send(7)?));
        assert_eq!(done.unwrap().0, 7);
        let (send, receive) = mpsc::channel();
        let failed: Result<((), ())> = at_once(move || Ok(send.send(())?), || bail!("no"));
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert!(receive.recv().is_ok(), "the other step has ended");
    }

    #[test]
    fn commands_do_not_inherit_the_variables_of_xtasks_package() {
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "cargo sets it for tests, too");
        let is_unset = "test -z \"${CARGO_MANIFEST_DIR+set}${CARGO_PKG_NAME+set}\"";
        run(Command::new("sh").args(["-c", is_unset])).unwrap();
        assert!(!describes_package("CARGO_TARGET_DIR") && !describes_package("CARGO_HOME"));
    }
}
