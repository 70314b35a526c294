//! Removes the files of a run that fails.

use std::fs;
use std::path::{Path, PathBuf};

/// A guard that removes a file unless it is kept, so that a failed run leaves no partial output.
#[derive(Debug)]
pub struct PartialFile {
    path: PathBuf,
    kept: bool,
}

impl PartialFile {
    /// Guards the file at a path.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), kept: false }
    }

    /// Keeps the file, which is complete.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.kept {
            // The run has failed already, so an error of the removal is not reported.
            let _ = fs::remove_file(&self.path);
        }
    }
}
