//! Ensures one owner per data folder: the owner holds a lock on a file, which the operating system
//! releases when the owner ends for any reason.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Error, Result};

/// The lock file. It contains the owner's process id.
const FILE: &str = "owner.lock";

/// How often [`stop_running`] checks whether the owner has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The exclusive right to run a stack on a data folder, until it is dropped.
pub(crate) struct Ownership {
    _file: File,
}

impl Ownership {
    /// Claims an existing data folder for this process.
    pub(crate) fn claim(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join(FILE);
        let what = || format!("lock {}", path.display());
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let mut file = file.map_err(Error::io(what()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let owner = std::fs::read_to_string(&path).unwrap_or_default();
                return Err(Error::AlreadyRunning { data_dir: data_dir.to_owned(), owner });
            }
            Err(TryLockError::Error(source)) => return Err(Error::Io { what: what(), source }),
        }
        file.set_len(0).map_err(Error::io(what()))?;
        file.write_all(std::process::id().to_string().as_bytes()).map_err(Error::io(what()))?;
        Ok(Self { _file: file })
    }
}

/// Returns the id of the process that runs a stack with this data folder.
pub fn owner(data_dir: &Path) -> Option<u32> {
    let path = data_dir.join(FILE);
    let file = File::open(&path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => std::fs::read_to_string(&path).ok()?.parse().ok(),
        _ => None,
    }
}

/// Whether a stack ran on this data folder and its owner has ended.
pub fn is_abandoned(data_dir: &Path) -> bool {
    data_dir.join(FILE).exists() && owner(data_dir).is_none()
}

/// Asks the owner of this data folder to stop its stack, and waits until it has stopped. Returns
/// whether there was an owner.
///
/// # Errors
/// If the owner cannot be signaled, for example because it belongs to another user.
pub fn stop_running(data_dir: &Path) -> Result<bool> {
    let Some(id) = owner(data_dir) else {
        return Ok(false);
    };
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    let asked = pid.map_or(Err(rustix::io::Errno::SRCH), |pid| kill_process(pid, Signal::TERM));
    asked
        .map_err(|error| Error::Io { what: format!("stop process {id}"), source: error.into() })?;
    while owner(data_dir).is_some() {
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_has_one_owner_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(owner(folder.path()), None);
        assert!(!is_abandoned(folder.path()), "the folder never had an owner");
        let first = Ownership::claim(folder.path()).unwrap();
        assert_eq!(owner(folder.path()), Some(std::process::id()));
        let Err(rejected) = Ownership::claim(folder.path()) else { panic!("two owners") };
        assert!(rejected.to_string().contains(&std::process::id().to_string()), "{rejected}");
        drop(first);
        assert!(is_abandoned(folder.path()));
        Ownership::claim(folder.path()).unwrap();
    }

    #[test]
    fn stopping_without_a_running_stack_does_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!stop_running(folder.path()).unwrap());
    }
}
