//! The annotation engine as a child process.
//!
//! The worker trusts neither the input nor the engine that reads it: each run has a private folder,
//! its own process group, resource limits, no shell, and no environment beyond `PATH` and `TMPDIR`.
//! Its output is read in bounded memory.

mod lines;
mod messages;
mod run;
mod sandbox;
mod template;

pub(crate) use run::{Engine, EngineError, Task};
pub(crate) use sandbox::Limits;
pub(crate) use template::Template;
