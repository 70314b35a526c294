//! How a child process is confined and limited. The tools `bwrap` or `setpriv`, `prlimit` of
//! util-linux and `nice`, set everything up and then execute the program, so that no code of this process runs
//! between fork and exec.

use super::bubblewrap::Bubblewrap;
use super::cgroup::{DelegatedCgroup, ReachedLimit, RunCgroup};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

/// The resource limits of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Wall-clock time. A run has more for a large input, see [`Limits::extended`].
    pub(crate) wall: Duration,
    /// CPU time of each process, in seconds, likewise.
    pub(crate) cpu_secs: u64,
    /// Memory of all processes together, in bytes. Files that are mapped into memory do not count.
    pub(crate) memory_bytes: u64,
    /// Processes and threads.
    pub(crate) tasks: u64,
}

impl Limits {
    /// The limits with more wall-clock and CPU time.
    pub(crate) fn extended(self, more: Duration) -> Self {
        Self {
            wall: self.wall.saturating_add(more),
            cpu_secs: self.cpu_secs.saturating_add(more.as_secs()),
            ..self
        }
    }
}

/// A limit that a run exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExceededLimit {
    /// Wall-clock or CPU time.
    Time,
    Memory,
    /// Processes and threads.
    Tasks,
    /// The size of a file, or size or number of all files of the run.
    Files,
    /// The bytes on standard output or standard error.
    Messages,
}

/// The separation of the engine from the worker and its machine.
#[derive(Clone, Debug)]
pub(crate) enum Confinement {
    /// Namespaces: no network, no other processes, no files but those of the run.
    Namespaces(Bubblewrap),
    /// Resource limits only. A process that starts a session of its own outlives its run.
    Limits,
}

/// Confines and limits child processes.
#[derive(Clone, Debug)]
pub(crate) struct Sandbox {
    pub(crate) confinement: Confinement,
    /// Where a cgroup per run is created, if possible.
    pub(crate) cgroup: Option<DelegatedCgroup>,
    pub(crate) limits: Limits,
}

/// What a child process is to run, and on which files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Confined<'a> {
    /// The program and its arguments.
    pub(super) command: &'a [OsString],
    /// The scratch folder, the only place where the program may write.
    pub(super) folder: &'a Path,
    /// Folders that the program may read, in addition to those of the system.
    pub(super) readable: &'a [&'a Path],
    /// The largest file that the program may write, in bytes.
    pub(super) file_bytes: u64,
    /// Whether other programs have precedence in the use of processors.
    pub(super) is_background: bool,
}

/// The niceness of a program in the background: it has a third of the weight of others (sched(7)), so that it
/// delays the engine little, and still proceeds beside many engines.
const BACKGROUND_NICENESS: &str = "5";

/// The hard limit of CPU time exceeds the soft limit by this many seconds. The soft limit ends the
/// engine with SIGXCPU, which identifies the cause.
const CPU_HARD_EXTRA_SECS: u64 = 5;

/// The limit of open files: input, output, log, reference files, and a reserve.
const MAX_OPEN_FILES: u32 = 256;

/// The kernel's limit of tasks exceeds that of the run by this number, so that the watch sees and
/// reports the cause.
const EXTRA_TASKS: u64 = 16;

impl Sandbox {
    /// The first program that every run needs and that is not on the `PATH`.
    pub(super) fn missing_program(&self) -> Option<&'static str> {
        let wrapper = match self.confinement {
            Confinement::Namespaces(_) => "bwrap",
            Confinement::Limits => "setpriv",
        };
        [wrapper, "prlimit", "nice"]
            .into_iter()
            .find(|program| find_program(program.as_ref()).is_none())
    }

    /// Creates the cgroup of a run that reads `mapped_bytes` of files, if this is possible.
    ///
    /// A cgroup counts the page cache of the files that it reads first. It may have that much more
    /// memory, so that a reference that is larger than the limit stays in the cache; the watch does not
    /// count the cache.
    pub(super) fn cgroup(&self, mapped_bytes: u64) -> io::Result<Option<RunCgroup>> {
        let Limits { memory_bytes, tasks, .. } = self.limits;
        let memory_bytes = memory_bytes.saturating_add(mapped_bytes);
        self.cgroup.as_ref().map(|group| group.run(memory_bytes, tasks)).transpose()
    }

    /// The command that runs a program in its scratch folder, in its own process group.
    pub(super) fn command(&self, run: Confined<'_>, cgroup: Option<&RunCgroup>) -> Command {
        let arguments = self.arguments(run, cgroup);
        let mut command = Command::new(&arguments[0]);
        command
            .args(&arguments[1..])
            .current_dir(run.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TMPDIR", run.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    fn arguments(&self, run: Confined<'_>, cgroup: Option<&RunCgroup>) -> Vec<OsString> {
        let join_then = |program: &str| {
            cgroup.map_or_else(|| vec![program.into()], |cgroup| cgroup.join_then(program))
        };
        let mut arguments = Vec::new();
        if run.is_background {
            arguments.extend(["nice", "-n", BACKGROUND_NICENESS].map(OsString::from));
        }
        match &self.confinement {
            Confinement::Namespaces(bubblewrap) => {
                let program = run.command.first().and_then(|program| find_program(program));
                let readable = run.readable.iter().copied();
                let readable: Vec<&Path> = program.as_deref().into_iter().chain(readable).collect();
                arguments.extend(join_then("bwrap"));
                arguments.extend(bubblewrap.arguments(run.folder, &readable));
            }
            Confinement::Limits => {
                arguments.extend(join_then("setpriv"));
                // The first kills the engine when the worker dies.
                let flags = ["--pdeathsig=KILL", "--no-new-privs", "--"];
                arguments.extend(flags.map(OsString::from));
            }
        }
        arguments.extend(self.resource_limits(run.file_bytes));
        arguments.extend_from_slice(run.command);
        arguments
    }

    /// The command line of `prlimit` that precedes the command line of the program.
    fn resource_limits(&self, file_bytes: u64) -> Vec<OsString> {
        let Limits { cpu_secs, memory_bytes, tasks, .. } = self.limits;
        let hard_cpu_secs = cpu_secs.saturating_add(CPU_HARD_EXTRA_SECS);
        // The watch reports memory above the limit. This limit stops a process that allocates
        // faster than the watch looks, and counts what is allocated but not used, too. Unlike a limit
        // of the address space (RLIMIT_AS), it does not count read-only mapped files (getrlimit(2)).
        let data_bytes = memory_bytes.saturating_mul(2);
        let mut limits = vec![
            "prlimit".to_owned(),
            format!("--cpu={cpu_secs}:{hard_cpu_secs}"),
            format!("--data={data_bytes}"),
            format!("--fsize={file_bytes}"),
            format!("--nofile={MAX_OPEN_FILES}"),
            "--core=0".to_owned(),
        ];
        // Outside a user namespace, this would count all processes of the worker's user.
        if matches!(self.confinement, Confinement::Namespaces(_)) {
            limits.push(format!("--nproc={}", tasks.saturating_add(EXTRA_TASKS)));
        }
        limits.push("--".to_owned());
        limits.into_iter().map(OsString::from).collect()
    }

    /// How the program ended.
    pub(super) fn exit(&self, status: ExitStatus) -> Exit {
        match (status.code(), &self.confinement) {
            // `bwrap` reports a signal as a shell does.
            (Some(code @ 129..), Confinement::Namespaces(_)) => Exit::Signal(code - 128),
            (Some(code), _) => Exit::Code(code),
            (None, _) => Exit::Signal(status.signal().unwrap_or_default()),
        }
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Code(i32),
    Signal(i32),
}

impl Exit {
    /// The limit that this end is the sign of.
    pub(super) fn exceeded(self) -> Option<ExceededLimit> {
        let is = |signal: Signal| self == Self::Signal(signal.as_raw());
        if is(Signal::XCPU) {
            Some(ExceededLimit::Time)
        } else if is(Signal::XFSZ) {
            Some(ExceededLimit::Files)
        } else {
            None
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

impl From<ReachedLimit> for ExceededLimit {
    fn from(reached: ReachedLimit) -> Self {
        match reached {
            ReachedLimit::Memory => Self::Memory,
            ReachedLimit::Tasks => Self::Tasks,
        }
    }
}

/// Finds a program on the `PATH`.
pub(super) fn find_program(program: &OsStr) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Joining an absolute path gives that path.
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The process group of a child. Dropping it kills the group: without namespaces everything that the
/// engine started, with namespaces `bwrap`, whose death ends all processes in them.
#[derive(Debug)]
pub(super) struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    pub(super) fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // This fails if the group is empty, which is fine.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name_and_by_path() {
        for program in ["/bin/sh", "sh"] {
            assert!(find_program(OsStr::new(program)).is_some(), "{program}");
        }
        assert_eq!(find_program(OsStr::new("no-such-annotator")), None);
    }
}
