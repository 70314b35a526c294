//! Writes the annotated file, plain or BGZF, and removes it if the run fails.

use super::bgzf;
use crate::Error;
use flate2::Compress;
use std::fs::{self, File};
use std::io::Write;
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

/// Whether the output at a path is bgzipped.
pub fn is_gzip_name(path: &Path) -> bool {
    let is =
        |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    is("gz") || is("bgz")
}

/// The output file.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    gzip: bool,
    partial: PartialFile,
    /// Bytes written.
    pub written: u64,
}

impl OutputFile {
    /// Creates the file. It is BGZF if its name ends in `.gz` or `.bgz`, in lower or upper case.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be created.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let gzip = is_gzip_name(path);
        let file = File::create(path).map_err(Error::file(path))?;
        Ok(Self { file, gzip, partial: PartialFile::new(path), written: 0 })
    }

    /// Whether the file is BGZF. If so, [`compress`](Self::compress) all text before
    /// [`write`](Self::write).
    pub fn is_gzip(&self) -> bool {
        self.gzip
    }

    /// Compresses text to whole blocks, on any thread.
    pub fn compress(text: &[u8], out: &mut Vec<u8>, deflate: &mut Option<Compress>) {
        bgzf::compress(text, out, deflate.get_or_insert_with(bgzf::compressor));
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`Error::Output`] if they cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(Error::Output)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Completes the file and keeps it.
    ///
    /// # Errors
    /// [`Error::Output`] if it cannot be written.
    pub fn finish(mut self) -> Result<(), Error> {
        if self.gzip {
            self.write(&bgzf::END_OF_FILE)?;
        }
        self.file.flush().map_err(Error::Output)?;
        self.partial.keep();
        Ok(())
    }
}
