//! A temporary stack for benchmarks.

use crate::bundle::Profile;
use crate::paths::Paths;
use crate::serve::prepare;
use crate::step::done_in;
use anyhow::Result;
use gas_local::{Ports, STACK_VARIABLE, Stack, StackConfig};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// The stack that a benchmark runs against.
pub(super) struct BenchStack {
    description: PathBuf,
    environment: BTreeMap<String, String>,
}

impl BenchStack {
    /// Sets the environment variables by which a program finds the stack.
    pub(super) fn configure<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.envs(&self.environment).env(STACK_VARIABLE, &self.description)
    }
}

/// Starts a stack on free ports, runs the benchmark, and deletes the stack with its data.
pub(super) fn with_stack(
    paths: &Paths,
    profile: Profile,
    measure: impl FnOnce(&BenchStack) -> Result<()>,
) -> Result<()> {
    let data_dir = std::env::temp_dir().join(format!("gas-bench-{}", std::process::id()));
    let config = prepare(paths, profile, Ports::free()?)?;
    let config = StackConfig { data_dir: data_dir.clone(), ..config };
    let runtime = tokio::runtime::Runtime::new()?;
    let started = Stack::start(config, |name, time| done_in(&format!("starting: {name}"), time));
    let stack = runtime.block_on(started)?;
    let environment = stack.description().root.into_iter().collect();
    let measured = measure(&BenchStack { description: stack.description_path(), environment });
    runtime.block_on(stack.stop());
    Stack::wipe(&data_dir)?;
    measured
}
