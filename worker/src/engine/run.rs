//! One run of the engine, from start to verdict.

use super::lines::{Lines, Tail};
use super::messages::{Event, after_steps, reason};
use super::sandbox::{self, Group, Limits};
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

/// How much of the end of standard error is kept.
const TAIL_BYTES: usize = 16 * 1024;

/// Begins a line of standard error that is meant for the job's owner.
const WARNING: &[u8] = b"warning: ";

/// The exit code with which the engine says that the input is at fault.
const BAD_INPUT: i32 = 2;

/// The engine, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) template: Template,
    pub(crate) bundle: PathBuf,
    pub(crate) limits: Limits,
}

/// What one run works on. All paths are absolute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task<'a> {
    /// The run's own folder.
    pub(crate) folder: &'a Path,
    pub(crate) input: &'a Path,
    pub(crate) output: &'a Path,
    pub(crate) log: &'a Path,
    /// The largest file that the run may write, in bytes.
    pub(crate) file_bytes: u64,
}

/// Why a run gave no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// The engine says what is wrong with the file.
    #[error("{0}")]
    BadInput(String),
    /// The run reached a limit, and would again.
    #[error("{0}")]
    OverLimit(String),
    /// Anything else: another attempt may do better.
    #[error("the engine ended with {status}; the end of what it printed: {tail}")]
    Broken { status: String, tail: String },
    #[error("failed to run the engine")]
    Io(#[from] io::Error),
}

impl Engine {
    /// Finds what would make every run fail.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match sandbox::missing_program(self.template.program()) {
            None => Ok(()),
            Some(missing) => anyhow::bail!("program {missing:?} is not on this machine's PATH"),
        }
    }

    /// Runs the engine and returns how many records it annotated; one that does not say has them
    /// counted. Dropping the future kills it with everything it started.
    pub(crate) async fn run(&self, task: Task<'_>, report: &Report) -> Result<u64, EngineError> {
        let Task { input, output, log, .. } = task;
        let paths = Paths { input, output, log, bundle: &self.bundle };
        let arguments = self.template.fill(paths);
        let mut command = sandbox::command(&arguments, task.folder, self.limits, task.file_bytes);
        let mut child = command.spawn()?;
        let group = Group::of(&child);
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("the pipes of the engine are missing").into());
        };
        let whole = async {
            tokio::join!(read_events(stdout, report), read_errors(stderr, report), async {
                let status = child.wait().await;
                // What the engine left behind would keep the pipes open.
                drop(group);
                status
            })
        };
        let Ok((said, tail, status)) = tokio::time::timeout(self.limits.wall, whole).await else {
            return Err(self.took_too_long());
        };
        let status = status?;
        self.verdict(status, &tail, task.file_bytes)?;
        match said {
            Said::Done(records) => Ok(records),
            Said::Nothing if output.is_file() => Ok(count_records(output.to_owned()).await?),
            Said::Nothing | Said::Progress => Err(broken(status, &tail)),
        }
    }

    fn verdict(&self, status: ExitStatus, tail: &str, file_bytes: u64) -> Result<(), EngineError> {
        let signal = |signal: Signal| status.signal() == Some(signal.as_raw());
        if status.success() {
            return Ok(());
        }
        if let (Some(BAD_INPUT), Some(reason)) = (status.code(), reason(tail)) {
            return Err(EngineError::BadInput(reason));
        }
        if signal(Signal::XCPU) {
            return Err(self.took_too_long());
        }
        if signal(Signal::XFSZ) {
            let text = format!(
                "the annotated file would be larger than {file_bytes} bytes, far more than such \
                 an input should give; check the file, or split it and submit the parts"
            );
            return Err(EngineError::OverLimit(text));
        }
        Err(broken(status, tail))
    }

    fn took_too_long(&self) -> EngineError {
        let seconds = self.limits.wall.as_secs().min(self.limits.cpu_secs);
        EngineError::OverLimit(format!(
            "annotating the file takes longer than the {seconds} seconds that a job may run; \
             split the file and submit the parts"
        ))
    }
}

fn broken(status: ExitStatus, tail: &str) -> EngineError {
    EngineError::Broken { status: status.to_string(), tail: tail.trim().to_owned() }
}

/// The records of an annotated file: its lines that are no header.
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

/// What an engine said of its end.
enum Said {
    /// So many records are annotated.
    Done(u64),
    /// How far it was, and then no more: it knows how to say that it is done, and did not.
    Progress,
    /// It says no such things.
    Nothing,
}

/// Reads standard output to its end, passes on the progress, and returns what was said of the end.
async fn read_events(mut stdout: ChildStdout, report: &Report) -> Said {
    let mut lines = Lines::new(MAX_LINE_BYTES);
    let mut said = Said::Nothing;
    let mut steps = 0;
    read(&mut stdout, |bytes| {
        for line in lines.push(bytes) {
            match Event::parse(&line) {
                Some(Event::Progress(now)) => {
                    said = Said::Progress;
                    report.advance(now);
                }
                Some(Event::Step(step)) => {
                    steps += 1;
                    report.advance(after_steps(steps, step));
                }
                Some(Event::Done(records)) => said = Said::Done(records),
                None => {}
            }
        }
    })
    .await;
    said
}

/// Reads standard error to its end and returns the last of it. Warnings go to the protocol; the
/// rest may tell of this machine and is no business of the job's owner.
async fn read_errors(mut stderr: ChildStderr, report: &Report) -> String {
    let (mut lines, mut tail) = (Lines::new(MAX_LINE_BYTES), Tail::new(TAIL_BYTES));
    read(&mut stderr, |bytes| {
        tail.push(bytes);
        for line in lines.push(bytes) {
            if line.starts_with(WARNING) {
                report.hear(&String::from_utf8_lossy(&line));
            }
        }
    })
    .await;
    tail.text()
}

/// Reads a pipe to its end. One that breaks counts as ended: the exit status tells the rest.
async fn read(pipe: &mut (impl AsyncRead + Unpin), mut take: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 8 * 1024];
    while let Ok(size @ 1..) = pipe.read(&mut buffer).await {
        take(&buffer[..size]);
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
