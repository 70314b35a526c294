//! Runs commands until they exit.

use std::process::Stdio;

use tokio::process::Command;

use crate::environment::Environment;
use crate::error::{Error, Result};

/// Runs a command and returns its output. `what` describes the command in errors.
pub(crate) async fn run(what: &str, arguments: &[String]) -> Result<String> {
    run_with(what, arguments, &Environment::new()).await
}

/// Like [`run`], with additional environment variables.
pub(crate) async fn run_with(
    what: &str,
    arguments: &[String],
    environment: &Environment,
) -> Result<String> {
    let failed = |output: String| Error::Command { what: what.to_owned(), output };
    let (program, rest) =
        arguments.split_first().ok_or_else(|| failed("the command is empty".to_owned()))?;
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
