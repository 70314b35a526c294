//! Reads the lines of a file, plain, gzip or BGZF.

use super::read_ahead::ReadAhead;
use super::{InputError, line_error};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest line, in bytes.
const MAX_LINE: u64 = 1 << 26;

/// Opens a file. Compression is detected by the first two bytes.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, InputError> {
    let error = |error| InputError::File(path.to_owned(), error);
    let mut raw = BufReader::with_capacity(1 << 16, File::open(path).map_err(error)?);
    let gzip = raw.fill_buf().map_err(error)?.starts_with(&[0x1f, 0x8b]);
    Ok(if gzip { Box::new(ReadAhead::new(MultiGzDecoder::new(raw))) } else { Box::new(raw) })
}

/// The lines of a file.
pub(super) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    buffer: Vec<u8>,
    /// The number of the last line, from 1.
    pub(super) number: u64,
}

impl Lines {
    /// Opens a file.
    pub(super) fn open(path: &Path) -> Result<Self, InputError> {
        Ok(Self { path: path.to_owned(), reader: open(path)?, buffer: Vec::new(), number: 0 })
    }

    /// Reads the next line, without its line ending.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, InputError> {
        self.buffer.clear();
        let mut limited = Read::take(&mut self.reader, MAX_LINE);
        let read = limited.read_until(b'\n', &mut self.buffer);
        let read = read.map_err(|error| InputError::File(self.path.clone(), error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 == MAX_LINE {
            return Err(line_error(&self.path, self.number, "the line is too long"));
        }
        while matches!(self.buffer.last(), Some(b'\n' | b'\r')) {
            self.buffer.pop();
        }
        Ok(Some(&self.buffer))
    }
}
