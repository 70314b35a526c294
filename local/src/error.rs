//! What can go wrong with the local stack.

use std::path::PathBuf;
use std::time::Duration;

/// A failure of the local stack, told to a developer at a terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something else listens where a part of the stack should.
    #[error(
        "port {port} for {part} is held by {holder}; end that, or choose another port (see ./gas up --help)"
    )]
    PortTaken {
        /// The part of the stack that wants the port.
        part: &'static str,
        /// The port.
        port: u16,
        /// The process that has it, as far as can be told.
        holder: String,
    },
    /// Another process runs a stack on the same data.
    #[error("process {owner} runs the stack in {data_dir}; ./gas down stops it")]
    AlreadyRunning {
        /// The data folder.
        data_dir: PathBuf,
        /// The process id of its owner.
        owner: String,
    },
    /// A process ended before it was ready.
    #[error("{name} {how} before it was ready; its last lines, from {log}:\n{tail}")]
    EndedEarly {
        /// The process.
        name: String,
        /// How it ended.
        how: String,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// A process runs but does not get ready.
    #[error("{name} is not ready after {waited:?}; its last lines, from {log}:\n{tail}")]
    NotReady {
        /// The process.
        name: String,
        /// How long it was given.
        waited: Duration,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// A helper command failed.
    #[error("{what} failed:\n{output}")]
    Command {
        /// What was attempted.
        what: String,
        /// What the command wrote.
        output: String,
    },
    /// A file or a process could not be handled by the operating system.
    #[error("failed to {what}")]
    Io {
        /// What was attempted, with the path.
        what: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// No process of that name belongs to the stack.
    #[error(
        "there is no process {0:?} in the stack; it has postgres, ministack, oidc, web, worker"
    )]
    NoSuchProcess(String),
    /// A test that needs the stack was started without one.
    #[error("this test needs the local stack: run it by ./gas test [FILTER], which sets {0}")]
    NoStack(&'static str),
    /// A description or an answer is not the JSON it should be.
    #[error("{what} is not what was expected")]
    Json {
        /// Which text.
        what: String,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
}

impl Error {
    /// Makes the closure for `map_err` on an I/O result.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// What functions of this crate answer.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;
