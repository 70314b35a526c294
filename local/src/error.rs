//! Errors of the local stack.

use std::path::PathBuf;
use std::time::Duration;

/// An error of the local stack, for a developer at a terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process listens on a port of the stack.
    #[error(
        "port {port} for {part} is in use by {holder}; stop it, or choose another port (see ./gas up --help)"
    )]
    PortTaken {
        /// The part of the stack that needs the port.
        part: &'static str,
        /// The port.
        port: u16,
        /// The process that listens on the port, if it is known.
        holder: String,
    },
    /// Another process runs a stack with the same data folder.
    #[error("process {owner} runs a stack in {data_dir}; stop it with ./gas down")]
    AlreadyRunning {
        /// The data folder.
        data_dir: PathBuf,
        /// The process id of the owner.
        owner: String,
    },
    /// A process exited before it was ready.
    #[error("{name} {how} before it was ready; the last lines of {log}:\n{tail}")]
    EndedEarly {
        /// The name of the process.
        name: String,
        /// How the process exited.
        how: String,
        /// The log file of the process.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A process did not become ready in time.
    #[error("{name} is not ready after {waited:?}; the last lines of {log}:\n{tail}")]
    NotReady {
        /// The name of the process.
        name: String,
        /// The time limit.
        waited: Duration,
        /// The log file of the process.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A helper command failed.
    #[error("{what} failed:\n{output}")]
    Command {
        /// What was attempted.
        what: String,
        /// The output of the command.
        output: String,
    },
    /// The operating system reported an error.
    #[error("failed to {what}")]
    Io {
        /// What was attempted, with the path.
        what: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The stack has no process of this name.
    #[error(
        "the stack has no process {0:?}; it has postgres, ministack, glacier, stripe, oidc, web, worker and utility"
    )]
    NoSuchProcess(String),
    /// A test that needs the stack was started without it.
    #[error("this test needs the local stack; run it with ./gas test [FILTER], which sets {0}")]
    NoStack(&'static str),
    /// A description or an response is not valid JSON.
    #[error("{what} is not valid")]
    Json {
        /// What was parsed.
        what: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
}

impl Error {
    /// Returns a function for `map_err` on an I/O result.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// The result of this crate's functions.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;
