//! A text file that a reference is built from, plain or gzipped, read by line and hashed.

use crate::Error;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

struct Hashing<R> {
    inner: R,
    hash: Arc<Mutex<Sha256>>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.hash.lock().unwrap_or_else(PoisonError::into_inner).update(&buf[..n]);
        Ok(n)
    }
}

/// A source file that is being read.
pub struct SourceFile {
    /// The path.
    pub path: PathBuf,
    reader: Box<dyn BufRead>,
    hash: Arc<Mutex<Sha256>>,
    buffer: Vec<u8>,
    /// Number of the last line read, from 1.
    pub line: u64,
}

impl SourceFile {
    /// Opens a file. Gzip is detected by the first two bytes.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::file(path))?;
        let hash = Arc::new(Mutex::new(Sha256::new()));
        let mut raw =
            BufReader::with_capacity(1 << 16, Hashing { inner: file, hash: hash.clone() });
        let gzip = raw.fill_buf().map_err(Error::file(path))?.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn BufRead> = if gzip {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        Ok(Self { path: path.to_owned(), reader, hash, buffer: Vec::new(), line: 0 })
    }

    /// Reads the next line, without its line ending; `None` at the end of the file.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Error> {
        self.buffer.clear();
        let n = self.reader.read_until(b'\n', &mut self.buffer).map_err(Error::file(&self.path))?;
        if n == 0 {
            return Ok(None);
        }
        self.line += 1;
        while matches!(self.buffer.last(), Some(b'\n' | b'\r')) {
            self.buffer.pop();
        }
        Ok(Some(&self.buffer))
    }

    /// An error that names the last line read.
    pub fn error(&self, reason: impl Into<String>) -> Error {
        Error::Source { path: self.path.clone(), line: self.line, reason: reason.into() }
    }

    /// SHA-256 of the bytes read so far (of the file on disk, before decompression), in
    /// hexadecimal.
    pub fn sha256(&self) -> String {
        let hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner).clone();
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}
