//! An input file of a test. Tests include this file by its path.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::ops::Deref;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The path of a file in a folder of its own. The folder, with the results that a test has written
/// there, is removed when this value is dropped.
pub struct InputFile {
    path: PathBuf,
    _folder: TempDir,
}

/// Writes an input file.
pub fn file(bytes: impl AsRef<[u8]>) -> InputFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.vcf");
    std::fs::write(&path, bytes).unwrap();
    InputFile { path, _folder: folder }
}

impl Deref for InputFile {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}
