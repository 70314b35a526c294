//! Builds a reference from the files of a user, with `gas-annotate build-reference` in the sandbox.

use super::messages::input_problem;
use super::process::{self, StopReason};
use super::run::EngineError;
use super::sandbox::{Confined, ExceededLimit, Exit, Limits, Sandbox, find_program};
use gas_shared::exit_code::{BAD_INPUT, DISK_FULL};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

const MIB: u64 = 1024 * 1024;

/// The command that builds a reference.
#[derive(Clone, Debug)]
pub(crate) struct ReferenceBuilderProgram {
    /// The program with its first arguments.
    pub(crate) command: Vec<OsString>,
    pub(crate) sandbox: Sandbox,
}

/// The files of one build. All paths are absolute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReferenceTask<'a> {
    /// The scratch folder of the build.
    pub(crate) folder: &'a Path,
    pub(crate) fasta: &'a Path,
    pub(crate) gene_models: &'a Path,
    pub(crate) assembly: &'a str,
    /// The folder of the reference.
    pub(crate) out: &'a Path,
    /// The largest file that the build may write, in bytes.
    pub(crate) file_bytes: u64,
    /// The time that the build may take in addition to the limits of every run.
    pub(crate) more_time: Duration,
}

impl ReferenceBuilderProgram {
    /// The engine's own command, if the engine is installed.
    pub(crate) fn of_engine(sandbox: Sandbox) -> Option<Self> {
        let command = ["gas-annotate", "build-reference"].map(OsString::from);
        find_program(&command[0])?;
        Some(Self { command: command.into(), sandbox })
    }

    /// Builds a reference. Dropping the future kills the program and all its children.
    ///
    /// # Errors
    /// [`EngineError`]; its texts are for the owner of the files.
    pub(crate) async fn run(&self, task: ReferenceTask<'_>) -> Result<(), EngineError> {
        let ReferenceTask { folder, file_bytes, .. } = task;
        let mut command = self.command.clone();
        for (name, value) in [
            ("--fasta", task.fasta.as_os_str()),
            ("--gff", task.gene_models.as_os_str()),
            ("--assembly", task.assembly.as_ref()),
            ("--out", task.out.as_os_str()),
        ] {
            command.extend([name.into(), value.to_owned()]);
        }
        command.push("--json-errors".into());
        let limits = self.sandbox.limits.extended(task.more_time);
        let sandbox = Sandbox { limits, ..self.sandbox.clone() };
        let now = Instant::now();
        let deadline = now.checked_add(limits.wall).unwrap_or(now);
        // Jobs have precedence.
        let is_background = true;
        let confined =
            Confined { command: &command, folder, readable: &[], file_bytes, is_background };
        let ended = process::run(&sandbox, confined, None, deadline, |_| {}, |_| {}).await;
        let ended = match ended {
            Ok(ended) => ended,
            Err(StopReason::Io(error)) => return Err(error.into()),
            Err(StopReason::ExceededLimit(limit)) => {
                return Err(EngineError::OverLimit(over_limit(limit, limits, file_bytes)));
            }
        };
        if ended.succeeded() {
            return Ok(());
        }
        let code = |code: u8| ended.exit == Exit::Code(code.into());
        let tail = ended.tail.trim().to_owned();
        match input_problem(&ended.tail) {
            Some(problem) if code(BAD_INPUT) => Err(EngineError::BadInput(problem)),
            _ if code(DISK_FULL) || ended.names_full_disk() => Err(EngineError::DiskFull { tail }),
            _ => Err(EngineError::Crashed { status: ended.exit.to_string(), tail }),
        }
    }
}

fn over_limit(limit: ExceededLimit, limits: Limits, file_bytes: u64) -> String {
    match limit {
        ExceededLimit::Time => format!(
            "building the reference takes longer than the limit of {} seconds; check the files, or \
             leave out contigs and transcripts that you do not need",
            limits.wall.as_secs().min(limits.cpu_secs)
        ),
        ExceededLimit::Memory => format!(
            "building the reference needs more memory than the limit of {} MiB; check that the files \
             have lines of ordinary length, or leave out transcripts that you do not need",
            limits.memory_bytes / MIB
        ),
        ExceededLimit::Files => format!(
            "a file of the reference would exceed {file_bytes} bytes, far more than expected for these \
             files; check them, or leave out contigs and transcripts that you do not need"
        ),
        ExceededLimit::Tasks | ExceededLimit::Messages => {
            "building the reference does not end as expected; check the files".to_owned()
        }
    }
}
