//! A temporary stack, for benchmarks and for the soak.

use crate::step::done_in;
use anyhow::Result;
use gas_local::{STACK_VARIABLE, Stack, StackConfig};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// A running stack for one program.
pub(crate) struct TemporaryStack {
    description: PathBuf,
    environment: BTreeMap<String, String>,
}

impl TemporaryStack {
    /// Sets the environment variables by which a program finds the stack.
    pub(crate) fn configure<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.envs(&self.environment).env(STACK_VARIABLE, &self.description)
    }
}

/// Starts a stack, does the work, and deletes the stack with its data. If the work fails, the data
/// is kept. `name` is part of the name of the data folder.
pub(crate) fn with_stack(
    config: StackConfig,
    name: &str,
    work: impl FnOnce(&TemporaryStack) -> Result<()>,
) -> Result<()> {
    let data_dir = std::env::temp_dir().join(format!("gas-{name}-{}", std::process::id()));
    let config = StackConfig { data_dir: data_dir.clone(), ..config };
    let runtime = tokio::runtime::Runtime::new()?;
    let started = Stack::start(config, |name, time| done_in(&format!("starting: {name}"), time));
    let stack = runtime.block_on(started)?;
    let environment = stack.description().root.into_iter().collect();
    let done = work(&TemporaryStack { description: stack.description_path(), environment });
    runtime.block_on(stack.stop());
    match &done {
        Ok(()) => Stack::wipe(&data_dir)?,
        Err(_) => eprintln!("gas: logs and data of the stack are kept in {}", data_dir.display()),
    }
    done
}
