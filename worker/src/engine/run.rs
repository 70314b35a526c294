//! Runs of the engine and of the index builder, from start to exit status.

use super::messages::{Annotated, Event, InputProblem, input_problem, progress_after_steps};
use super::process::{self, ProcessExit, StopReason};
use super::remote_file::{RemoteFile, requested_range};
use super::sandbox::{Confined, ExceededLimit, Exit, Limits, Sandbox, find_program};
use super::template::{Paths, Template};
use crate::report::Report;
use bytes::Bytes;
use gas_shared::exit_code::{BAD_INPUT, DISK_FULL};
use gas_shared::job::ResultForm;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The prefix of lines on standard error that the owner sees in the run log.
const WARNING: &[u8] = b"warning: ";

const MIB: u64 = 1024 * 1024;

/// The path of the standard input of a program.
const STANDARD_INPUT: &str = "/dev/stdin";

/// The engine, the index builder and their sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) template: Template,
    /// The command line of the index builder, in which {input} is the result and {output} the index.
    pub(crate) indexer: Template,
    /// The command of `gas-annotate` for shards, to which its subcommands and arguments are added.
    pub(crate) shard_command: Vec<OsString>,
    /// The folder of the reference.
    pub(crate) reference: PathBuf,
    /// The folders of the sources of a job.
    pub(crate) sources: Vec<PathBuf>,
    /// The arguments that differ from job to job.
    pub(crate) options: Vec<String>,
    pub(crate) sandbox: Sandbox,
}

/// The files of one run. All paths are absolute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task<'a> {
    /// The scratch folder of the run.
    pub(crate) folder: &'a Path,
    pub(crate) input: &'a Path,
    pub(crate) output: &'a Path,
    pub(crate) log: &'a Path,
    /// The largest file that the run may write, in bytes.
    pub(crate) file_bytes: u64,
    /// The time that the run may take in addition to the limits of every run.
    pub(crate) more_time: Duration,
}

/// The reason why a run has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// The engine rejected the input.
    #[error("{}", .0.reason)]
    BadInput(InputProblem),
    /// The run exceeded a limit, and would again.
    #[error("{0}")]
    OverLimit(String),
    /// The disk of this machine is full; another attempt, elsewhere or later, may succeed.
    #[error("the disk is full; the end of the standard error of the run: {tail}")]
    DiskFull { tail: String },
    /// The engine crashed or misbehaved; another attempt may succeed.
    #[error("the engine ended with {status}; the end of its standard error: {tail}")]
    Crashed { status: String, tail: String },
    #[error("failed to run the engine")]
    Io(#[from] io::Error),
}

/// A program that runs in the sandbox.
pub(super) struct Program<'a> {
    pub(super) command: &'a [OsString],
    /// The folders with the reference and the sources that it reads.
    pub(super) readable: &'a [&'a Path],
    /// What it reads from standard input, if anything.
    pub(super) standard_input: Option<mpsc::Receiver<Bytes>>,
    /// Whether other programs have precedence.
    pub(super) is_background: bool,
}

impl Engine {
    /// Checks for errors that would make every run fail.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let programs = [self.template.program(), self.indexer.program()];
        let missing = programs.into_iter().find(|program| find_program(program).is_none());
        let missing = self.sandbox.missing_program().map(str::as_ref).or(missing);
        missing.map_or(Ok(()), |missing| anyhow::bail!("program {missing:?} is not on the PATH"))
    }

    /// The engine for a job: with its reference, the folders of its sources, and arguments for its options.
    pub(crate) fn for_job(
        &self,
        reference: &Path,
        sources: Vec<PathBuf>,
        options: Vec<String>,
    ) -> Self {
        Self { reference: reference.to_owned(), sources, options, ..self.clone() }
    }

    /// The form of the result of an input. An engine that names its output itself writes text.
    pub(crate) fn result_form(&self, input_bytes: u64, gzip: bool) -> ResultForm {
        if self.template.names_output() {
            ResultForm::of(input_bytes, gzip)
        } else {
            ResultForm::Text
        }
    }

    /// The time at which a run that starts now must have ended.
    pub(crate) fn deadline(&self, task: Task<'_>) -> Instant {
        let now = Instant::now();
        now.checked_add(self.sandbox.limits.extended(task.more_time).wall).unwrap_or(now)
    }

    /// Runs the engine and returns what it has annotated; the records are counted in the output if the
    /// engine does not print their number. Dropping the future kills the engine and all its children.
    pub(crate) async fn run(
        &self,
        task: Task<'_>,
        deadline: Instant,
        report: &Report,
    ) -> Result<Annotated, EngineError> {
        let Task { input, output, log, .. } = task;
        let paths = Paths { input, output, log, bundle: &self.reference };
        let command = self.template.fill(paths, &self.options);
        self.run_command(task, &command, None, deadline, report).await
    }

    /// Runs a command that writes the output of the task, as [`Engine::run`] does. It may read ranges of `remote`.
    pub(super) async fn run_command(
        &self,
        task: Task<'_>,
        command: &[OsString],
        remote: Option<RemoteFile>,
        deadline: Instant,
        report: &Report,
    ) -> Result<Annotated, EngineError> {
        let Task { output, .. } = task;
        let mut last_event = LastEvent::None;
        let last = &mut last_event;
        let mut steps = 0;
        let (requests, standard_input) =
            remote.map(|remote| (remote.requests, remote.answers)).unzip();
        // The sender of requests is dropped at the end of standard output, which ends the answers, too.
        let on_stdout = move |line: &[u8]| match Event::parse(line) {
            Some(Event::Progress(now, written)) => {
                *last = LastEvent::Progress;
                report.advance(now);
                if let Some(bytes) = written {
                    report.written(bytes);
                }
            }
            Some(Event::Step(step)) => {
                steps += 1;
                report.advance(progress_after_steps(steps, step));
            }
            Some(Event::Done(annotated)) => *last = LastEvent::Done(annotated),
            None => {
                if let (Some(requests), Some(range)) = (&requests, requested_range(line)) {
                    _ = requests.send(range);
                }
            }
        };
        // Other lines of standard error may contain details of this machine.
        let on_stderr = |line: &[u8]| {
            if line.starts_with(WARNING) {
                report.engine_line(&String::from_utf8_lossy(line));
            }
        };
        let readable = self.readable();
        let program =
            Program { command, readable: &readable, standard_input, is_background: false };
        let ended = self.confined(task, program, deadline, on_stdout, on_stderr).await?;
        match last_event {
            LastEvent::Done(annotated) => Ok(annotated),
            LastEvent::None if is_regular(output) => {
                let records = count_records(output.to_owned()).await?;
                Ok(Annotated { records, not_annotated: None, engine: None })
            }
            LastEvent::None | LastEvent::Progress => Err(crashed(&ended)),
        }
    }

    /// The folders of the reference and the sources.
    pub(super) fn readable(&self) -> Vec<&Path> {
        let sources = self.sources.iter().map(PathBuf::as_path);
        std::iter::once(&*self.reference).chain(sources).collect()
    }

    /// Builds the index of the results explorer from the task's output, or from `pieces` of it.
    pub(crate) async fn index(
        &self,
        task: Task<'_>,
        pieces: Option<mpsc::Receiver<Bytes>>,
        index: &Path,
        deadline: Instant,
    ) -> Result<(), EngineError> {
        let Task { output, log, .. } = task;
        let input = if pieces.is_some() { Path::new(STANDARD_INPUT) } else { output };
        let paths = Paths { input, output: index, log, bundle: &self.reference };
        let command = self.indexer.fill(paths, &[]);
        // An index that is built of pieces is built beside the engine that writes them.
        let is_background = pieces.is_some();
        let program =
            Program { command: &command, readable: &[], standard_input: pieces, is_background };
        self.confined(task, program, deadline, |_| {}, |_| {}).await?;
        Ok(())
    }

    /// Runs a program in the sandbox until it succeeds.
    pub(super) async fn confined(
        &self,
        task: Task<'_>,
        program: Program<'_>,
        deadline: Instant,
        on_stdout: impl FnMut(&[u8]),
        on_stderr: impl FnMut(&[u8]),
    ) -> Result<ProcessExit, EngineError> {
        let Task { folder, file_bytes, more_time, .. } = task;
        let Program { command, readable, standard_input, is_background } = program;
        let confined = Confined { command, folder, readable, file_bytes, is_background };
        let limits = self.sandbox.limits.extended(more_time);
        let sandbox = Sandbox { limits, ..self.sandbox.clone() };
        let ended =
            process::run(&sandbox, confined, standard_input, deadline, on_stdout, on_stderr);
        let ended = match ended.await {
            Ok(ended) => ended,
            Err(StopReason::Io(error)) => return Err(error.into()),
            Err(StopReason::ExceededLimit(limit)) => {
                return Err(over_limit(limit, limits, file_bytes));
            }
        };
        if ended.succeeded() {
            return Ok(ended);
        }
        let code = |code: u8| ended.exit == Exit::Code(code.into());
        match input_problem(&ended.tail) {
            Some(problem) if code(BAD_INPUT) => Err(EngineError::BadInput(problem)),
            _ if code(DISK_FULL) || ended.names_full_disk() => {
                Err(EngineError::DiskFull { tail: ended.tail.trim().to_owned() })
            }
            _ => Err(crashed(&ended)),
        }
    }
}

fn over_limit(limit: ExceededLimit, limits: Limits, file_bytes: u64) -> EngineError {
    EngineError::OverLimit(match limit {
        ExceededLimit::Time => format!(
            "annotation takes longer than the limit of {} seconds; split the file and upload \
             the parts",
            limits.wall.as_secs().min(limits.cpu_secs)
        ),
        ExceededLimit::Memory => format!(
            "annotation needs more memory than the limit of {} MiB; split the file and upload \
             the parts",
            limits.memory_bytes / MIB
        ),
        ExceededLimit::Tasks => format!(
            "annotation starts more processes than the limit of {}; check the file",
            limits.tasks
        ),
        ExceededLimit::Files => format!(
            "the annotated file would exceed {file_bytes} bytes, far more than expected for \
             this input; check the file, or split it and upload the parts"
        ),
        ExceededLimit::Messages => {
            "annotation prints far more messages than expected; check the file".to_owned()
        }
    })
}

fn crashed(ended: &ProcessExit) -> EngineError {
    EngineError::Crashed { status: ended.exit.to_string(), tail: ended.tail.trim().to_owned() }
}

/// Whether a path is a file. A link is not, since the engine chooses where it points to.
fn is_regular(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Counts the records of an annotated file: all lines but the header.
async fn count_records(file: PathBuf) -> io::Result<u64> {
    let counted = tokio::task::spawn_blocking(move || {
        let mut reader = BufReader::new(File::open(file)?);
        let (mut records, mut line) = (0, Vec::new());
        while reader.read_until(b'\n', &mut line)? > 0 {
            records += u64::from(!matches!(line[0], b'#' | b'\n'));
            line.clear();
        }
        Ok(records)
    });
    counted.await?
}

/// The last JSON event of the engine.
enum LastEvent {
    /// The engine has finished.
    Done(Annotated),
    /// The engine printed its progress but not its end.
    Progress,
    /// The engine prints no JSON events.
    None,
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
