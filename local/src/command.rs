//! Commands that are run to their end.

use std::process::Stdio;

use tokio::process::Command;

use crate::environment::Environment;
use crate::error::{Error, Result};

/// Runs a command and answers what it printed; `what` names it in the error.
pub(crate) async fn run(what: &str, arguments: &[String]) -> Result<String> {
    run_with(what, arguments, &Environment::new()).await
}

/// The same, with variables added to the environment.
pub(crate) async fn run_with(
    what: &str,
    arguments: &[String],
    environment: &Environment,
) -> Result<String> {
    let failed = |output: String| Error::Command { what: what.to_owned(), output };
    let (program, rest) =
        arguments.split_first().ok_or_else(|| failed("an empty command".to_owned()))?;
    let output = Command::new(program)
        .args(rest)
        .envs(environment)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(Error::io(format!("run {program}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(failed(text))
}
