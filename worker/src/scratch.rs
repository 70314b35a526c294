//! The scratch folders of runs: one each, accessible only to this user, removed after the run.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The folder that contains the scratch folders of all runs.
#[derive(Debug)]
pub(crate) struct ScratchRoot(PathBuf);

impl ScratchRoot {
    /// Creates the folder if it is missing and removes scratch folders of dead processes.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let root = path.canonicalize()?;
        for entry in fs::read_dir(&root)? {
            let entry = entry?;
            if process_of(&entry.file_name().to_string_lossy()).is_some_and(|pid| !is_running(pid))
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                // What a hostile run has left must not keep the worker from starting.
                tracing::warn!(%error, folder = %entry.path().display(), "folder is not removed");
            }
        }
        Ok(Self(root))
    }

    /// Creates the folder of one run, which is removed when it is dropped.
    pub(crate) fn run(&self) -> io::Result<TempDir> {
        tempfile::Builder::new()
            .prefix(&prefix(std::process::id()))
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&self.0)
    }
}

fn prefix(pid: u32) -> String {
    format!("run-{pid}-")
}

/// The id of the process that created a folder of this name.
fn process_of(name: &str) -> Option<u32> {
    name.strip_prefix("run-")?.split_once('-')?.0.parse().ok()
}

fn is_running(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_a_private_folder_that_is_removed_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = ScratchRoot::open(&folder.path().join("work")).unwrap();
        let (one, two) = (root.run().unwrap(), root.run().unwrap());
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
        ScratchRoot::open(&folder.path().join("a/work")).unwrap();
        let mode = fs::metadata(folder.path().join("a/work")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn only_folders_of_dead_processes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        // Process ids on Linux are below 2^22.
        let dead = folder.path().join(format!("{}abc", prefix(u32::MAX)));
        let living = folder.path().join(format!("{}abc", prefix(std::process::id())));
        let foreign = folder.path().join("notes");
        for path in [&dead, &living, &foreign] {
            fs::create_dir(path).unwrap();
        }
        ScratchRoot::open(folder.path()).unwrap();
        assert!(!dead.exists());
        assert!(living.exists() && foreign.exists());
    }
}
