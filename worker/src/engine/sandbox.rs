//! The resource limits of a run. The util-linux tools `setpriv` and `prlimit` set them and then
//! execute the engine, so that no code of this process runs between fork and exec.

use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// The resource limits of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Wall-clock time.
    pub(crate) wall: Duration,
    /// CPU time of each process, in seconds.
    pub(crate) cpu_secs: u64,
    /// Address space of each process, in bytes.
    pub(crate) memory_bytes: u64,
}

/// The hard limit of CPU time exceeds the soft limit by this many seconds. The soft limit ends the
/// engine with SIGXCPU, which identifies the cause.
const CPU_HARD_EXTRA_SECS: u64 = 5;

/// The limit of open files: input, output, log, reference files, and a reserve.
const MAX_OPEN_FILES: u32 = 256;

/// The command that runs `engine` in `folder` with the limits, in its own process group.
pub(super) fn command(
    engine: &[OsString],
    folder: &Path,
    limits: Limits,
    file_bytes: u64,
) -> Command {
    let mut command = Command::new("setpriv");
    command.args(wrapper(limits, file_bytes)).args(engine);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// The arguments of `setpriv` that precede the command line of the engine.
fn wrapper(limits: Limits, file_bytes: u64) -> Vec<OsString> {
    let Limits { cpu_secs, memory_bytes, .. } = limits;
    let hard_cpu_secs = cpu_secs.saturating_add(CPU_HARD_EXTRA_SECS);
    let limits = [
        // Kills the engine when the worker dies.
        "--pdeathsig=KILL".to_owned(),
        "--no-new-privs".to_owned(),
        "--".to_owned(),
        "prlimit".to_owned(),
        format!("--cpu={cpu_secs}:{hard_cpu_secs}"),
        format!("--as={memory_bytes}"),
        format!("--fsize={file_bytes}"),
        format!("--nofile={MAX_OPEN_FILES}"),
        "--core=0".to_owned(),
        "--".to_owned(),
    ];
    limits.into_iter().map(OsString::from).collect()
}

/// The first program that a run of `engine` needs and that is not on the `PATH`.
pub(super) fn missing_program(engine: &OsStr) -> Option<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |program: &&OsStr| {
        // Joining an absolute path gives that path.
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    };
    let needed = [OsStr::new("setpriv"), OsStr::new("prlimit"), engine];
    needed.into_iter().find(|program| !found(program)).map(OsStr::to_owned)
}

/// The process group of a child. Dropping it kills the group, including everything that the engine
/// started.
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
    fn a_missing_program_is_named() {
        assert_eq!(missing_program(OsStr::new("/bin/sh")), None);
        assert_eq!(missing_program(OsStr::new("sh")), None);
        let missing = OsStr::new("no-such-annotator");
        assert_eq!(missing_program(missing).as_deref(), Some(missing));
    }
}
