//! Temporary stacks, for tests, benchmarks and the soak.

use crate::step::done_in;
use anyhow::Result;
use gas_local::{STACK_VARIABLE, Stack, StackConfig};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The prefix of the names of data folders, below the folder for temporary files.
const DATA_PREFIX: &str = "gas-stack-";

/// Returns the path of a data folder for a stack of this process. The data of earlier stacks, which was
/// kept because their work failed, is deleted.
pub(crate) fn data_folder(name: &str) -> Result<PathBuf> {
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
    environment: BTreeMap<String, String>,
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

    /// Sets the environment variables by which a program finds the stack.
    pub(crate) fn configure<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.envs(&self.environment).env(STACK_VARIABLE, &self.description)
    }
}

/// Starts a stack, does the work, and deletes the stack with its data. If the work fails, the data
/// is kept until the next temporary stack. `name` is part of the name of the data folder.
pub(crate) fn with_stack(
    config: StackConfig,
    name: &str,
    work: impl FnOnce(&TemporaryStack) -> Result<()>,
) -> Result<()> {
    let data_dir = data_folder(name)?;
    let config = StackConfig { data_dir: data_dir.clone(), ..config };
    let runtime = tokio::runtime::Runtime::new()?;
    let started = Stack::start(config, |name, time| done_in(&format!("starting: {name}"), time));
    let stack = runtime.block_on(started)?;
    let environment = stack.description().root.into_iter().collect();
    let description = stack.description_path();
    let done = work(&TemporaryStack { data_dir: data_dir.clone(), description, environment });
    runtime.block_on(stack.stop());
    match &done {
        Ok(()) => Stack::wipe(&data_dir)?,
        Err(_) => eprintln!(
            "gas: logs and data of the stack are kept in {} until the next run",
            data_dir.display()
        ),
    }
    done
}
