//! The annotation engine as a child process.
//!
//! The worker trusts neither the input nor the engine that reads it: each run has a private folder,
//! namespaces of its own ([`bubblewrap`]), resource limits ([`sandbox`]), a watch on what they do not
//! bound ([`watch`]), no shell, and no environment beyond `PATH` and `TMPDIR`. Its output is read in
//! bounded memory. The index builder reads the output of the engine and is confined in the same way.

mod bubblewrap;
mod cgroup;
#[cfg(test)]
mod confinement_tests;
mod lines;
mod measure_runs;
mod messages;
mod process;
mod reference_build;
mod reference_check;
mod remote_file;
mod run;
mod sandbox;
mod shard_commands;
mod start_up;
mod template;
mod watch;

pub(crate) use bubblewrap::Bubblewrap;
pub(crate) use cgroup::DelegatedCgroup;
pub(crate) use measure_runs::{Measured, measure_runs};
pub(crate) use messages::{Annotated, InputProblem, Written};
pub(crate) use reference_build::{ReferenceBuilderProgram, ReferenceTask};
pub(crate) use remote_file::RemoteFile;
pub(crate) use run::{Engine, EngineError, Task};
pub(crate) use sandbox::{Confinement, Limits, Sandbox};
pub(crate) use shard_commands::{JoinFiles, ShardFiles};
pub(crate) use start_up::measure_start_up;
pub(crate) use template::Template;
pub(crate) use watch::folder_bytes;
