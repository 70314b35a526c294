//! Temporary stacks, for tests, benchmarks and the soak.

use crate::stack_logs;
use crate::step::done_in;
use anyhow::Result;
use gas_local::{Environment, STACK_VARIABLE, Stack, StackConfig};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The prefix of the names of data folders, below the folder for temporary files.
const DATA_PREFIX: &str = "gas-stack-";

/// Returns the path of a data folder for a stack of this process. The data of earlier stacks, which was
/// kept because their work failed, is deleted.
fn data_folder(name: &str) -> Result<PathBuf> {
    let temporary = std::env::temp_dir();
    for entry in fs::read_dir(&temporary)?.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(DATA_PREFIX));
        if is_ours && gas_local::is_abandoned(&entry.path()) {
            Stack::wipe(&entry.path())?;
        }
    }
    Ok(temporary.join(format!("{DATA_PREFIX}{name}-{}", std::process::id())))
}

/// A running stack for one program.
pub(crate) struct TemporaryStack {
    data_dir: PathBuf,
    description: PathBuf,
    environment: Environment,
}

impl TemporaryStack {
    /// The folder with the data of all processes.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The file with the stack's `gas_local::Description`.
    pub(crate) fn description_path(&self) -> &Path {
        &self.description
    }

    /// The environment for access to AWS as the account's root user.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Sets the environment variables by which a program finds the stack.
    pub(crate) fn configure<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.envs(&self.environment).env(STACK_VARIABLE, &self.description)
    }
}

/// Starts a stack, does the work, and deletes the stack with its data. If the stack does not start or the work fails, the
/// ends of the logs are printed, and the data is kept until the next temporary stack. `name` is part of the name of the
/// data folder.
pub(crate) fn with_stack(
    config: StackConfig,
    name: &str,
    work: impl FnOnce(&TemporaryStack) -> Result<()>,
) -> Result<()> {
    let data_dir = data_folder(name)?;
    let config = StackConfig { data_dir: data_dir.clone(), ..config };
    let runtime = tokio::runtime::Runtime::new()?;
    let started = Stack::start(config, |name, time| done_in(&format!("starting: {name}"), time));
    let (done, stack) = match runtime.block_on(started) {
        Ok(stack) => {
            let environment = stack.description().root;
            let description = stack.description_path();
            let temporary = TemporaryStack { data_dir: data_dir.clone(), description, environment };
            (work(&temporary), Some(stack))
        }
        Err(error) => (Err(error.into()), None),
    };
    if done.is_err() {
        // Before the processes log that they and their services stop.
        stack_logs::print_ends(&data_dir.join("logs"));
    }
    if let Some(stack) = stack {
        runtime.block_on(stack.stop());
    }
    match &done {
        Ok(()) => Stack::wipe(&data_dir)?,
        Err(_) => eprintln!(
            "gas: logs and data of the stack are kept in {} until the next run",
            data_dir.display()
        ),
    }
    done
}
