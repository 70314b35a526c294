//! A control group for each run, which limits its memory and processes exactly, as far as systemd has
//! delegated a part of the cgroup v2 tree to the worker (`Delegate=yes`; cgroups(7), and "Control
//! Group v2" of the kernel's documentation).

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const MOUNT: &str = "/sys/fs/cgroup";

/// Moves the shell to the group `$0` and then executes the program.
const JOIN: &str = r#"echo 0 > "$0/cgroup.procs" && exec "$@""#;

/// The group that is delegated to the worker.
#[derive(Clone, Debug)]
pub(crate) struct DelegatedCgroup(PathBuf);

impl DelegatedCgroup {
    /// Prepares the worker's own group for groups of runs. `None` if it is not delegated.
    pub(crate) fn of_this_process() -> Option<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
        Self::open(&Path::new(MOUNT).join(path)).ok()
    }

    fn open(group: &Path) -> io::Result<Self> {
        let controllers = fs::read_to_string(group.join("cgroup.controllers"))?;
        let members = fs::read_to_string(group.join("cgroup.procs"))?;
        let has = |name| controllers.split_whitespace().any(|controller| controller == name);
        // The group of a login session has other members and is not ours.
        if !has("memory") || !has("pids") || members.trim() != std::process::id().to_string() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        // A group with controllers for its children must not have processes itself.
        let own = group.join("worker");
        create(&own)?;
        fs::write(own.join("cgroup.procs"), "0")?;
        fs::write(group.join("cgroup.subtree_control"), "+memory +pids")?;
        Ok(Self(group.to_owned()))
    }

    /// Creates a group with limits for memory in bytes, without swap, and for tasks: processes and
    /// threads.
    pub(super) fn run(&self, memory_bytes: u64, tasks: u64) -> io::Result<RunCgroup> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let group = self.0.join(format!("run-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        create(&group)?;
        let group = RunCgroup(group);
        let set = |file: &str, value: u64| fs::write(group.0.join(file), value.to_string());
        set("memory.max", memory_bytes)?;
        // Kernels without swap accounting do not have this file.
        let _ = set("memory.swap.max", 0);
        set("memory.oom.group", 1)?;
        set("pids.max", tasks)?;
        Ok(group)
    }
}

fn create(group: &Path) -> io::Result<()> {
    match fs::create_dir(group) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

/// The limit of a group that its processes reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReachedLimit {
    Memory,
    Tasks,
}

/// The group of one run. Dropping it kills its processes and removes it.
#[derive(Debug)]
pub(super) struct RunCgroup(PathBuf);

impl RunCgroup {
    /// The command line that moves itself to the group before it executes `program`.
    pub(super) fn join_then(&self, program: &str) -> Vec<OsString> {
        vec!["sh".into(), "-c".into(), JOIN.into(), self.0.clone().into(), program.into()]
    }

    /// The limit that the processes reached, if any.
    pub(super) fn reached(&self) -> Option<ReachedLimit> {
        if self.count("memory.events", "oom_kill ") > 0 {
            return Some(ReachedLimit::Memory);
        }
        (self.count("pids.events", "max ") > 0).then_some(ReachedLimit::Tasks)
    }

    fn count(&self, file: &str, event: &str) -> u64 {
        let events = fs::read_to_string(self.0.join(file)).unwrap_or_default();
        let count = events.lines().find_map(|line| line.strip_prefix(event)?.parse().ok());
        count.unwrap_or(0)
    }
}

impl Drop for RunCgroup {
    fn drop(&mut self) {
        // Kernels before 5.14 do not have this file; the processes are killed in other ways too.
        let _ = fs::write(self.0.join("cgroup.kill"), "1");
        let group = std::mem::take(&mut self.0);
        // Killed processes leave the group after a moment.
        std::thread::spawn(move || {
            for _ in 0..100 {
                if fs::remove_dir(&group).is_ok() {
                    return;
                }
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Confinement, Limits, Sandbox};
    use std::time::Duration;
    use tempfile::TempDir;

    /// A folder with the files that the kernel shows in a delegated group.
    fn delegated(controllers: &str, members: &str) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cgroup.controllers"), controllers).unwrap();
        fs::write(folder.path().join("cgroup.procs"), members).unwrap();
        folder
    }

    #[test]
    fn only_a_group_of_this_process_alone_with_both_controllers_is_used() {
        let me = std::process::id();
        for (controllers, members, is_used) in [
            ("cpu memory pids\n", format!("{me}\n"), true),
            ("cpu pids\n", format!("{me}\n"), false),
            ("cpu memory pids\n", format!("1\n{me}\n"), false),
        ] {
            let folder = delegated(controllers, &members);
            assert_eq!(DelegatedCgroup::open(folder.path()).is_ok(), is_used, "{controllers}");
            assert_eq!(folder.path().join("worker").exists(), is_used);
        }
    }

    #[test]
    fn a_run_has_its_limits_and_reports_the_one_that_it_reached() {
        let folder = delegated("memory pids", &std::process::id().to_string());
        let run = DelegatedCgroup::open(folder.path()).unwrap().run(1000, 7).unwrap();
        let file = |name: &str| run.0.join(name);
        for (name, value) in [("memory.max", "1000"), ("memory.swap.max", "0"), ("pids.max", "7")] {
            assert_eq!(fs::read_to_string(file(name)).unwrap(), value);
        }
        assert_eq!(run.reached(), None);
        fs::write(file("pids.events"), "max 3\n").unwrap();
        assert_eq!(run.reached(), Some(ReachedLimit::Tasks));
        fs::write(file("memory.events"), "low 0\noom 1\noom_kill 1\n").unwrap();
        assert_eq!(run.reached(), Some(ReachedLimit::Memory));
    }

    #[test]
    fn the_files_that_a_run_maps_do_not_count_for_its_memory() {
        let folder = delegated("memory pids", &std::process::id().to_string());
        let group = DelegatedCgroup::open(folder.path()).unwrap();
        let limits = Limits { wall: Duration::ZERO, cpu_secs: 0, memory_bytes: 2000, tasks: 7 };
        let sandbox = Sandbox { confinement: Confinement::Limits, cgroup: Some(group), limits };
        let run = sandbox.cgroup(5000).unwrap().unwrap();
        assert_eq!(fs::read_to_string(run.0.join("memory.max")).unwrap(), "7000");
    }

    #[test]
    fn a_program_joins_the_group_before_it_starts() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunCgroup(folder.path().to_owned());
        let mut command = run.join_then("sh");
        command.extend(["-c".into(), r#"cat "$0/cgroup.procs""#.into(), folder.path().into()]);
        let output = std::process::Command::new(&command[0]).args(&command[1..]).output().unwrap();
        assert_eq!(output.stdout, b"0\n");
        std::mem::forget(run);
    }
}
