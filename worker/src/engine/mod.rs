//! The annotation engine as a child process.
//!
//! The worker trusts neither the file nor the engine that reads it: a run gets a folder, a process
//! group and limits of its own, no shell, no environment beyond `PATH`, and nothing of what it
//! prints is kept unbounded.

mod lines;
mod messages;
mod run;
mod sandbox;
mod template;

pub(crate) use run::{Engine, EngineError, Task};
pub(crate) use sandbox::Limits;
pub(crate) use template::Template;
