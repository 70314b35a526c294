//! A child process in the sandbox, from start to end, under a deadline and with bounded output.

use super::lines::{Lines, Tail};
use super::sandbox::{Confined, ExceededLimit, Exit, ProcessGroup, Sandbox};
use super::watch;
use bytes::Bytes;
use std::io;
use std::process::Stdio;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// The longest line of standard output or standard error that is passed on.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// How much of the end of standard error is kept, in bytes.
const TAIL_BYTES: usize = 16 * 1024;

/// The most bytes on standard output, and on standard error.
const MAX_MESSAGE_BYTES: u64 = 64 * 1024 * 1024;

/// What all files of a run may exceed the largest single file by, in bytes: the logs and temporary
/// files.
const EXTRA_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Texts on standard error of programs that were denied memory: of Rust, GNU, Python and the C
/// library.
const OUT_OF_MEMORY: [&str; 4] =
    ["memory allocation of ", "memory exhausted", "MemoryError", "Cannot allocate memory"];

/// Texts on standard error of programs that were denied a process or a thread: of shells, and of the C
/// library.
const OUT_OF_TASKS: [&str; 2] = ["Cannot fork", "Resource temporarily unavailable"];

/// Texts on standard error of programs other than `gas-annotate` whose disk or quota is full (ENOSPC,
/// EDQUOT), of the C library.
const DISK_FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// How a child process ended.
#[derive(Debug)]
pub(super) struct ProcessExit {
    pub(super) exit: Exit,
    /// The end of standard error.
    pub(super) tail: String,
}

/// The reason why a child process was ended.
#[derive(Debug)]
pub(super) enum StopReason {
    ExceededLimit(ExceededLimit),
    Io(io::Error),
}

impl From<io::Error> for StopReason {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Runs a program and passes the lines of its standard output and standard error on. `pieces` are its
/// standard input. Dropping the future kills the program and all its children.
pub(super) async fn run(
    sandbox: &Sandbox,
    run: Confined<'_>,
    pieces: Option<mpsc::Receiver<Bytes>>,
    deadline: Instant,
    on_stdout: impl FnMut(&[u8]),
    on_stderr: impl FnMut(&[u8]),
) -> Result<ProcessExit, StopReason> {
    let mapped = run.readable.iter().map(|folder| watch::folder_bytes(folder));
    let cgroup = sandbox.cgroup(mapped.fold(0, u64::saturating_add))?;
    let mut command = sandbox.command(run, cgroup.as_ref());
    if pieces.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let group = ProcessGroup::of(&child);
    let (Some(stdout), Some(stderr), Some(pid)) =
        (child.stdout.take(), child.stderr.take(), child.id())
    else {
        return Err(io::Error::other("the child process has no pipes").into());
    };
    let folder_bytes = watch::folder_bytes(run.folder)
        .saturating_add(run.file_bytes)
        .saturating_add(EXTRA_FILE_BYTES);
    let mut tail = Tail::new(TAIL_BYTES);
    let work = async {
        let (status, (), (), ()) = tokio::try_join!(
            async {
                let status = child.wait().await;
                // Children that the program left running would keep the pipes open.
                drop(group);
                Ok(status?)
            },
            read(stdout, on_stdout, None),
            read(stderr, on_stderr, Some(&mut tail)),
            async {
                if let (Some(stdin), Some(pieces)) = (stdin, pieces) {
                    feed(stdin, pieces).await;
                }
                Ok(())
            },
        )?;
        Ok::<_, StopReason>(status)
    };
    let status = tokio::select! {
        done = timeout_at(deadline, work) => {
            done.unwrap_or(Err(StopReason::ExceededLimit(ExceededLimit::Time)))?
        }
        exceeded = watch::exceeded(pid, run.folder, folder_bytes, sandbox.limits) => {
            return Err(StopReason::ExceededLimit(exceeded));
        }
    };
    let ended = ProcessExit { exit: sandbox.exit(status), tail: tail.text() };
    if !ended.succeeded() {
        let reached = cgroup.and_then(|cgroup| cgroup.reached());
        if let Some(exceeded) = ended.exceeded().or(reached.map(ExceededLimit::from)) {
            return Err(StopReason::ExceededLimit(exceeded));
        }
    }
    Ok(ended)
}

impl ProcessExit {
    pub(super) fn succeeded(&self) -> bool {
        self.exit == Exit::Code(0)
    }

    /// Whether the program says that its disk is full.
    pub(super) fn names_full_disk(&self) -> bool {
        self.tail_has(&DISK_FULL)
    }

    fn tail_has(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.tail.contains(text))
    }

    /// The limit that the end of a failed program is the sign of.
    fn exceeded(&self) -> Option<ExceededLimit> {
        if let Some(exceeded) = self.exit.exceeded() {
            Some(exceeded)
        } else if self.tail_has(&OUT_OF_MEMORY) {
            Some(ExceededLimit::Memory)
        } else if self.tail_has(&OUT_OF_TASKS) {
            Some(ExceededLimit::Tasks)
        } else {
            None
        }
    }
}

/// Writes pieces to a pipe until there are no more, or until the program has closed it, whose exit status
/// decides.
async fn feed(mut pipe: ChildStdin, mut pieces: mpsc::Receiver<Bytes>) {
    while let Some(piece) = pieces.recv().await {
        if pipe.write_all(&piece).await.is_err() {
            return;
        }
    }
}

/// Reads a pipe to its end. A read error counts as the end, since the exit status decides.
async fn read(
    mut pipe: impl AsyncRead + Unpin,
    mut on_line: impl FnMut(&[u8]),
    mut tail: Option<&mut Tail>,
) -> Result<(), StopReason> {
    let mut lines = Lines::new(MAX_LINE_BYTES);
    let mut buffer = vec![0; 8 * 1024];
    let mut bytes: u64 = 0;
    while let Ok(size @ 1..) = pipe.read(&mut buffer).await {
        bytes = bytes.saturating_add(size as u64);
        if bytes > MAX_MESSAGE_BYTES {
            return Err(StopReason::ExceededLimit(ExceededLimit::Messages));
        }
        if let Some(tail) = tail.as_mut() {
            tail.push(&buffer[..size]);
        }
        for line in lines.push(&buffer[..size]) {
            on_line(&line);
        }
    }
    Ok(())
}
