//! The annotated file, plain or BGZF, in order, and gone again where the run fails.

use super::bgzf;
use crate::Error;
use flate2::Compress;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that is removed unless it is kept: a run that fails leaves no half result.
#[derive(Debug)]
pub struct PartialFile {
    path: PathBuf,
    kept: bool,
}

impl PartialFile {
    /// Watches over a path.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), kept: false }
    }

    /// The file is complete.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing can be done about a file that will not go; the exit code tells of the failure.
            let _ = fs::remove_file(&self.path);
        }
    }
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
    /// Creates the file; a name ending in `.gz` or `.bgz` makes it BGZF.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(path: &Path) -> Result<Self, Error> {
        let gzip = path.extension().is_some_and(|e| e == "gz" || e == "bgz");
        let file = File::create(path).map_err(Error::file(path))?;
        Ok(Self { file, gzip, partial: PartialFile::new(path), written: 0 })
    }

    /// Whether the file is BGZF: then every text given to [`write`](Self::write) must have gone
    /// through [`pack`](Self::pack).
    pub fn is_gzip(&self) -> bool {
        self.gzip
    }

    /// Compresses text into whole blocks; may be done on any thread.
    pub fn pack(text: &[u8], out: &mut Vec<u8>, deflate: &mut Option<Compress>) {
        bgzf::compress(text, out, deflate.get_or_insert_with(bgzf::compressor));
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(Error::Output)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Ends the file and keeps it.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub fn finish(mut self) -> Result<(), Error> {
        if self.gzip {
            self.write(&bgzf::END_OF_FILE)?;
        }
        self.file.flush().map_err(Error::Output)?;
        self.partial.keep();
        Ok(())
    }
}
