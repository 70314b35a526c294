//! `./gas bench`: how fast things are. Figures are told and never tested: a busy machine is no
//! defect.

mod annotate;
mod explorer;
mod jobs;
mod measure;
mod pages;
mod simulate;

use crate::bundle::Profile;
use crate::paths::Paths;
use crate::serve::prepare;
use crate::step::done_in;
use anyhow::Result;
use clap::Subcommand;
use gas_local::{Ports, STACK_VARIABLE, Stack, StackConfig};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The annotation engine in both modes, over threads and over sizes of the file.
    Annotate(annotate::AnnotateOptions),
    /// The results explorer: indexing, filter changes, orders, pages and exports.
    Explorer(explorer::ExplorerOptions),
    /// A user's list of very many jobs: changes of its filter.
    Jobs(jobs::JobsOptions),
    /// What somebody sees who opens the pages: paint, shifts, blocking, on a desktop and on a phone.
    Pages,
}

/// Measures.
pub(crate) fn bench(paths: &Paths, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Annotate(options) => annotate::annotate(paths, options),
        Bench::Explorer(options) => explorer::explorer(paths, options),
        Bench::Jobs(options) => jobs::jobs(paths, options),
        Bench::Pages => pages::pages(paths),
    }
}

/// The stack that a measurement runs against.
struct BenchStack {
    description: PathBuf,
    environment: BTreeMap<String, String>,
}

impl BenchStack {
    /// Tells a program where the stack is.
    fn give<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.envs(&self.environment).env(STACK_VARIABLE, &self.description)
    }
}

/// Starts a stack on free ports, measures, and leaves nothing behind.
fn with_stack(
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
