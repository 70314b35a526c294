//! The port for files that are read in ranges: local files, and objects of a store.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

/// A file of which any range can be read.
pub trait RangeSource {
    /// Bytes of the file.
    ///
    /// # Errors
    /// If the source does not respond.
    fn size(&self) -> io::Result<u64>;

    /// Reads bytes from `offset` on, as many as fit or fewer, and returns their number; 0 only at the end.
    ///
    /// # Errors
    /// If the source does not respond.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize>;
}

impl RangeSource for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        FileExt::read_at(self, out, offset)
    }
}

/// Reads a source from an offset on.
pub(super) struct RangeReader<'a> {
    source: &'a dyn RangeSource,
    offset: u64,
}

impl<'a> RangeReader<'a> {
    pub(super) fn new(source: &'a dyn RangeSource, offset: u64) -> Self {
        Self { source, offset }
    }
}

impl Read for RangeReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read_at(self.offset, out)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl Seek for RangeReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, shift) = match to {
            SeekFrom::Start(offset) => (offset, 0),
            SeekFrom::End(shift) => (self.source.size()?, shift),
            SeekFrom::Current(shift) => (self.offset, shift),
        };
        let before = || io::Error::new(io::ErrorKind::InvalidInput, "an offset is before the file");
        self.offset = base.checked_add_signed(shift).ok_or_else(before)?;
        Ok(self.offset)
    }
}
