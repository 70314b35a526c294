//! The folders that runs work in: one each, readable by nobody else, gone when the run is over.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The folder that holds the runs' folders.
#[derive(Debug)]
pub(crate) struct ScratchRoot(PathBuf);

impl ScratchRoot {
    /// Makes the folder where it is missing, and removes what processes that died left in it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let root = path.canonicalize()?;
        for entry in fs::read_dir(&root)? {
            let entry = entry?;
            if owner(&entry.file_name().to_string_lossy()).is_some_and(|pid| !lives(pid)) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(Self(root))
    }

    /// A folder for one run, removed when it is dropped.
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

/// The process whose folder has that name.
fn owner(name: &str) -> Option<u32> {
    name.strip_prefix("run-")?.split_once('-')?.0.parse().ok()
}

fn lives(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_a_folder_of_its_own_that_goes_with_it() {
        let place = tempfile::tempdir().unwrap();
        let root = ScratchRoot::open(&place.path().join("work")).unwrap();
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
    fn leftovers_of_dead_processes_are_removed_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        // No process has the greatest id: Linux stops at 2^22.
        let dead = place.path().join(format!("{}abc", prefix(u32::MAX)));
        let living = place.path().join(format!("{}abc", prefix(std::process::id())));
        let foreign = place.path().join("notes");
        for folder in [&dead, &living, &foreign] {
            fs::create_dir(folder).unwrap();
        }
        ScratchRoot::open(place.path()).unwrap();
        assert!(!dead.exists());
        assert!(living.exists() && foreign.exists());
    }
}
