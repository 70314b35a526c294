//! One run of the engine, from start to exit status.

use super::lines::{Lines, Tail};
use super::messages::{Event, progress_after_steps, reason};
use super::sandbox::{self, Limits, ProcessGroup};
use super::template::{Paths, Template};
use crate::report::Report;
use rustix::process::Signal;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};

/// The longest line of standard output that can be an event.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// How much of the end of standard error is kept, in bytes.
const TAIL_BYTES: usize = 16 * 1024;

/// The prefix of lines on standard error that the owner sees in the run log.
const WARNING: &[u8] = b"warning: ";

/// The engine's exit code for invalid input.
const BAD_INPUT: i32 = 2;

/// The engine and its limits.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) template: Template,
    /// The folder of the reference.
    pub(crate) reference: PathBuf,
    pub(crate) limits: Limits,
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
}

/// The reason why a run has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// The engine rejected the input, with this reason.
    #[error("{0}")]
    BadInput(String),
    /// The run exceeded a limit, and would again.
    #[error("{0}")]
    OverLimit(String),
    /// The engine crashed or misbehaved; another attempt may succeed.
    #[error("the engine ended with {status}; the end of its standard error: {tail}")]
    Crashed { status: String, tail: String },
    #[error("failed to run the engine")]
    Io(#[from] io::Error),
}

impl Engine {
    /// Checks for errors that would make every run fail.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match sandbox::missing_program(self.template.program()) {
            None => Ok(()),
            Some(missing) => anyhow::bail!("program {missing:?} is not on the PATH"),
        }
    }

    /// Runs the engine and returns the number of annotated records, which is counted in the output
    /// if the engine does not print it. Dropping the future kills the engine and all its children.
    pub(crate) async fn run(&self, task: Task<'_>, report: &Report) -> Result<u64, EngineError> {
        let Task { input, output, log, .. } = task;
        let paths = Paths { input, output, log, bundle: &self.reference };
        let arguments = self.template.fill(paths);
        let mut command = sandbox::command(&arguments, task.folder, self.limits, task.file_bytes);
        let mut child = command.spawn()?;
        let group = ProcessGroup::of(&child);
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("the engine has no output pipes").into());
        };
        let run = async {
            tokio::join!(read_events(stdout, report), read_errors(stderr, report), async {
                let status = child.wait().await;
                // Children that the engine left running would keep the pipes open.
                drop(group);
                status
            })
        };
        let Ok((last_event, tail, status)) = tokio::time::timeout(self.limits.wall, run).await
        else {
            return Err(self.timed_out());
        };
        let status = status?;
        self.check_status(status, &tail, task.file_bytes)?;
        match last_event {
            LastEvent::Done(records) => Ok(records),
            LastEvent::None if output.is_file() => Ok(count_records(output.to_owned()).await?),
            LastEvent::None | LastEvent::Progress => Err(crashed(status, &tail)),
        }
    }

    fn check_status(
        &self,
        status: ExitStatus,
        tail: &str,
        file_bytes: u64,
    ) -> Result<(), EngineError> {
        let signal = |signal: Signal| status.signal() == Some(signal.as_raw());
        if status.success() {
            return Ok(());
        }
        if let (Some(BAD_INPUT), Some(reason)) = (status.code(), reason(tail)) {
            return Err(EngineError::BadInput(reason));
        }
        if signal(Signal::XCPU) {
            return Err(self.timed_out());
        }
        if signal(Signal::XFSZ) {
            let text = format!(
                "the annotated file would exceed {file_bytes} bytes, far more than expected for \
                 this input; check the file, or split it and upload the parts"
            );
            return Err(EngineError::OverLimit(text));
        }
        Err(crashed(status, tail))
    }

    fn timed_out(&self) -> EngineError {
        let seconds = self.limits.wall.as_secs().min(self.limits.cpu_secs);
        EngineError::OverLimit(format!(
            "annotation takes longer than the limit of {seconds} seconds; split the file and \
             upload the parts"
        ))
    }
}

fn crashed(status: ExitStatus, tail: &str) -> EngineError {
    EngineError::Crashed { status: status.to_string(), tail: tail.trim().to_owned() }
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
    /// The engine has finished, with the number of annotated records.
    Done(u64),
    /// The engine printed its progress but not its end.
    Progress,
    /// The engine prints no JSON events.
    None,
}

/// Reads standard output to its end, reports the progress, and returns the last JSON event.
async fn read_events(mut stdout: ChildStdout, report: &Report) -> LastEvent {
    let mut lines = Lines::new(MAX_LINE_BYTES);
    let mut last = LastEvent::None;
    let mut steps = 0;
    read(&mut stdout, |bytes| {
        for line in lines.push(bytes) {
            match Event::parse(&line) {
                Some(Event::Progress(now)) => {
                    last = LastEvent::Progress;
                    report.advance(now);
                }
                Some(Event::Step(step)) => {
                    steps += 1;
                    report.advance(progress_after_steps(steps, step));
                }
                Some(Event::Done(records)) => last = LastEvent::Done(records),
                None => {}
            }
        }
    })
    .await;
    last
}

/// Reads standard error to its end and returns its last bytes. Only warnings go to the run log;
/// other lines may contain details of this machine.
async fn read_errors(mut stderr: ChildStderr, report: &Report) -> String {
    let (mut lines, mut tail) = (Lines::new(MAX_LINE_BYTES), Tail::new(TAIL_BYTES));
    read(&mut stderr, |bytes| {
        tail.push(bytes);
        for line in lines.push(bytes) {
            if line.starts_with(WARNING) {
                report.engine_line(&String::from_utf8_lossy(&line));
            }
        }
    })
    .await;
    tail.text()
}

/// Reads a pipe to its end. A read error counts as the end, since the exit status decides.
async fn read(pipe: &mut (impl AsyncRead + Unpin), mut take: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 8 * 1024];
    while let Ok(size @ 1..) = pipe.read(&mut buffer).await {
        take(&buffer[..size]);
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
