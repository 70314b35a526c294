//! Runs a command and measures its CPU time and peak memory.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// User and system time.
    pub cpu: Duration,
    /// Peak resident memory in bytes.
    pub memory: u64,
    /// Standard error.
    pub stderr: String,
}

/// A run that takes longer is killed, however loaded the machine is.
const WALL_LIMIT: Duration = Duration::from_mins(2);

/// Runs a command to its end.
#[allow(clippy::zombie_processes, reason = "`ended` waits for the child")]
pub fn measure(command: &mut Command, folder: &Path) -> Run {
    let stderr = folder.join("stderr");
    let file = File::create(&stderr).unwrap();
    let mut child = command.stdout(Stdio::null()).stderr(file).spawn().unwrap();
    let start = Instant::now();
    loop {
        if let Some((status, usage)) = ended(child.id()) {
            let seconds =
                |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
            return Run {
                code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
                cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
                // Linux counts in kibibytes.
                memory: usage.ru_maxrss as u64 * 1024,
                stderr: String::from_utf8_lossy(&std::fs::read(stderr).unwrap()).into_owned(),
            };
        }
        if start.elapsed() > WALL_LIMIT {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The wait status and the usage of a child, if it has ended.
fn ended(child: u32) -> Option<(i32, libc::rusage)> {
    let mut status = 0;
    // SAFETY: `rusage` is a plain structure for which zero is a valid value; wait4 writes to valid
    // references, and the child is waited for only here.
    #[expect(unsafe_code, reason = "no safe function returns the memory that a child has used")]
    let (pid, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let pid = libc::wait4(child as i32, &raw mut status, libc::WNOHANG, &raw mut usage);
        (pid, usage)
    };
    (pid == child as i32).then_some((status, usage))
}
