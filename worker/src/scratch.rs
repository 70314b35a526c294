//! The scratch folders of runs: one each, accessible only to this user, removed after the run.
//!
//! A folder is also the reservation of its run's disk space: its name contains the reserved bytes, so
//! that all workers of a machine that share the root count them, and a reservation ends with its
//! folder.

use crate::disk::{self, Admission, Disk, Space};
use crate::engine::folder_bytes;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::sleep;

/// The pause between two checks for free space.
const SPACE_PAUSE: Duration = Duration::from_secs(10);

/// The folder that contains the scratch folders of all runs.
#[derive(Clone, Debug)]
pub(crate) struct ScratchRoot {
    path: PathBuf,
    disk: Arc<dyn Disk>,
}

/// Whether a run may start, and its scratch folder.
#[derive(Debug)]
pub(crate) enum ScratchAdmission {
    /// The folder of the run, which is removed when it is dropped.
    Admitted(TempDir),
    /// There is too little space now.
    Wait(Space),
    /// The file system is too small.
    Never(Space),
}

impl ScratchRoot {
    /// Creates the folder if it is missing and removes scratch folders of dead processes.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created, or its file system is too small for any run.
    pub(crate) fn open(path: &Path, disk: Arc<dyn Disk>) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let path = path.canonicalize()?;
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            if process_of(&entry.file_name().to_string_lossy()).is_some_and(|pid| !is_running(pid))
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                // What a hostile run has left must not keep the worker from starting.
                tracing::warn!(%error, folder = %entry.path().display(), "folder is not removed");
            }
        }
        let root = Self { path, disk };
        let space = root.disk.space(&root.path)?;
        if disk::admit(disk::smallest_need(), space, 0) == Admission::Never {
            let small = format!("its file system has only {} bytes", space.total);
            return Err(io::Error::other(small));
        }
        Ok(root)
    }

    /// Creates the folder of a run that needs `need` bytes, if there is space for it. The check and the
    /// reservation are one step for all runs of this process.
    pub(crate) fn admit(&self, need: u64) -> io::Result<ScratchAdmission> {
        let space = self.disk.space(&self.path)?;
        match disk::admit(need, space, self.reserved()?) {
            Admission::Begin => {}
            Admission::Wait => return Ok(ScratchAdmission::Wait(space)),
            Admission::Never => return Ok(ScratchAdmission::Never(space)),
        }
        let folder = tempfile::Builder::new()
            .prefix(&prefix(std::process::id(), need))
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&self.path)?;
        Ok(ScratchAdmission::Admitted(folder))
    }

    /// Waits until there is space for the smallest run, so that a worker with a full disk receives no
    /// jobs that others could run.
    pub(crate) async fn wait_for_space(&self) {
        let mut warned = false;
        while !self.has_space() {
            if !warned {
                tracing::error!(
                    alert = "disk",
                    folder = %self.path.display(),
                    "disk is full; no jobs are received until there is space: free some"
                );
                warned = true;
            }
            sleep(SPACE_PAUSE).await;
        }
        if warned {
            tracing::info!("disk has space again");
        }
    }

    fn has_space(&self) -> bool {
        let admitted = || -> io::Result<Admission> {
            let space = self.disk.space(&self.path)?;
            Ok(disk::admit(disk::smallest_need(), space, self.reserved()?))
        };
        admitted().unwrap_or_else(|error| {
            // The next job fails with this error, which is not a lack of space.
            tracing::warn!(%error, "disk space is not measured");
            Admission::Begin
        }) == Admission::Begin
    }

    /// The bytes that running jobs may still write: their reservations without what they have written.
    fn reserved(&self) -> io::Result<u64> {
        let mut bytes: u64 = 0;
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if let Some(reserved) = reserved_by(&entry.file_name().to_string_lossy()) {
                bytes = bytes.saturating_add(reserved.saturating_sub(folder_bytes(&entry.path())));
            }
        }
        Ok(bytes)
    }
}

fn prefix(pid: u32, reserved: u64) -> String {
    format!("run-{pid}-{reserved}-")
}

/// The id of the process that created a folder of this name.
fn process_of(name: &str) -> Option<u32> {
    name.strip_prefix("run-")?.split_once('-')?.0.parse().ok()
}

/// The bytes that the folder of this name reserves.
fn reserved_by(name: &str) -> Option<u64> {
    let (_, rest) = name.strip_prefix("run-")?.split_once('-')?;
    rest.split_once('-')?.0.parse().ok()
}

fn is_running(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeDisk;

    const MIB: u64 = 1024 * 1024;

    fn open(path: &Path) -> ScratchRoot {
        ScratchRoot::open(path, Arc::new(FakeDisk::default())).unwrap()
    }

    fn run(root: &ScratchRoot) -> TempDir {
        let ScratchAdmission::Admitted(folder) = root.admit(MIB).unwrap() else {
            panic!("no space")
        };
        folder
    }

    #[test]
    fn each_run_has_a_private_folder_that_is_removed_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = open(&folder.path().join("work"));
        let (one, two) = (run(&root), run(&root));
        assert_ne!(one.path(), two.path());
        let mode = fs::metadata(one.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let path = one.path().to_owned();
        fs::write(path.join("input.vcf"), "x").unwrap();
        drop(one);
        assert!(!path.exists());
    }

    #[test]
    fn the_folder_of_all_runs_is_private() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder.path().join("a/work"));
        let mode = fs::metadata(folder.path().join("a/work")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn only_folders_of_dead_processes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        // Process ids on Linux are below 2^22. Earlier versions wrote no reservation.
        let dead = folder.path().join(format!("{}abc", prefix(u32::MAX, 9)));
        let older = folder.path().join(format!("run-{}-abc", u32::MAX));
        let living = folder.path().join(format!("{}abc", prefix(std::process::id(), 9)));
        let foreign = folder.path().join("notes");
        for path in [&dead, &older, &living, &foreign] {
            fs::create_dir(path).unwrap();
        }
        open(folder.path());
        assert!(!dead.exists() && !older.exists());
        assert!(living.exists() && foreign.exists());
    }

    #[test]
    fn a_run_counts_what_its_neighbors_may_still_write() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(FakeDisk::default());
        let root = ScratchRoot::open(folder.path(), disk.clone()).unwrap();
        disk.set_free(disk::RESERVE_BYTES + 10 * MIB);
        let first = root.admit(6 * MIB).unwrap();
        let ScratchAdmission::Admitted(first) = first else { panic!("{first:?}") };
        let second = || root.admit(5 * MIB).unwrap();
        assert!(matches!(second(), ScratchAdmission::Wait(_)));
        // What a neighbor has written is no longer free, and no longer reserved.
        fs::write(first.path().join("input.vcf"), vec![1; 3 << 20]).unwrap();
        disk.set_free(disk::RESERVE_BYTES + 8 * MIB - 1);
        assert!(matches!(second(), ScratchAdmission::Wait(_)));
        disk.set_free(disk::RESERVE_BYTES + 8 * MIB);
        assert!(matches!(second(), ScratchAdmission::Admitted(_)));
        drop(first);
        assert_eq!(root.reserved().unwrap(), 0);
    }

    #[test]
    fn a_root_on_a_file_system_that_is_too_small_for_any_run_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let disk = FakeDisk::default();
        disk.set_total(disk::RESERVE_BYTES);
        let error = ScratchRoot::open(folder.path(), Arc::new(disk)).unwrap_err();
        assert!(error.to_string().contains("only 268435456 bytes"), "{error}");
    }
}
