//! One run of the engine, from start to verdict.

use super::lines::{Lines, Tail};
use super::messages::{Event, reason};
use super::sandbox::{self, Group, Limits};
use super::template::{Paths, Template};
use gas_shared::job::Progress;
use rustix::process::Signal;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::sync::watch;

/// The longest line of standard output that can be an event.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// How much of the end of standard error is kept.
const TAIL_BYTES: usize = 16 * 1024;

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

    /// Runs the engine and returns how many records it annotated. Dropping the future kills it
    /// with everything it started.
    pub(crate) async fn run(
        &self,
        task: Task<'_>,
        progress: &watch::Sender<Progress>,
    ) -> Result<u64, EngineError> {
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
            tokio::join!(read_events(stdout, progress), read_tail(stderr), async {
                let status = child.wait().await;
                // What the engine left behind would keep the pipes open.
                drop(group);
                status
            })
        };
        let Ok((done, tail, status)) = tokio::time::timeout(self.limits.wall, whole).await else {
            return Err(self.took_too_long());
        };
        self.verdict(status?, done, &tail, task.file_bytes)
    }

    fn verdict(
        &self,
        status: ExitStatus,
        done: Option<u64>,
        tail: &str,
        file_bytes: u64,
    ) -> Result<u64, EngineError> {
        let signal = |signal: Signal| status.signal() == Some(signal.as_raw());
        if let (true, Some(records)) = (status.success(), done) {
            return Ok(records);
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
        Err(EngineError::Broken { status: status.to_string(), tail: tail.trim().to_owned() })
    }

    fn took_too_long(&self) -> EngineError {
        let seconds = self.limits.wall.as_secs().min(self.limits.cpu_secs);
        EngineError::OverLimit(format!(
            "annotating the file takes longer than the {seconds} seconds that a job may run; \
             split the file and submit the parts"
        ))
    }
}

/// Reads standard output to its end, passes on the progress, and returns the records of the final
/// event.
async fn read_events(mut stdout: ChildStdout, progress: &watch::Sender<Progress>) -> Option<u64> {
    let mut lines = Lines::new(MAX_LINE_BYTES);
    let mut done = None;
    read(&mut stdout, |bytes| {
        for line in lines.push(bytes) {
            match Event::parse(&line) {
                Some(Event::Progress(now)) => {
                    progress.send_replace(now);
                }
                Some(Event::Done(records)) => done = Some(records),
                None => {}
            }
        }
    })
    .await;
    done
}

async fn read_tail(mut stderr: ChildStderr) -> String {
    let mut tail = Tail::new(TAIL_BYTES);
    read(&mut stderr, |bytes| tail.push(bytes)).await;
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
