//! Random access to index and result, whether local or in an object store.

use crate::Error;
use async_trait::async_trait;
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::path::Path;

/// A file that is read by ranges: an S3 object, a local file, or bytes in memory.
#[async_trait]
pub trait Source: Send + Sync {
    /// Reads exactly `length` bytes from `offset`.
    ///
    /// # Errors
    /// If the range cannot be read, or extends past the end.
    async fn read(&self, offset: u64, length: u64) -> io::Result<Bytes>;

    /// Size of the file in bytes.
    fn len(&self) -> u64;

    /// Whether the file is empty.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A file in memory.
#[async_trait]
impl Source for Bytes {
    async fn read(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        let end = offset.checked_add(length).filter(|end| *end <= Bytes::len(self) as u64);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(self.slice(offset as usize..end as usize))
    }

    fn len(&self) -> u64 {
        Bytes::len(self) as u64
    }
}

/// A local file, for commands, tests and benchmarks: reads block the thread.
#[derive(Debug)]
pub struct LocalFile {
    file: File,
    length: u64,
}

impl LocalFile {
    /// Opens a file.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

#[async_trait]
impl Source for LocalFile {
    async fn read(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        use std::os::unix::fs::FileExt;
        if offset.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut buffer = vec![0; length as usize];
        self.file.read_exact_at(&mut buffer, offset)?;
        Ok(buffer.into())
    }

    fn len(&self) -> u64 {
        self.length
    }
}

/// Ranges with smaller gaps are read at once.
pub(crate) const GAP_BYTES: u64 = 64 << 10;

/// Reads a range. An empty range is not read. `what` names the file in errors.
pub(crate) async fn read_range(
    source: &dyn Source,
    offset: u64,
    length: u64,
    what: &'static str,
) -> Result<Bytes, Error> {
    if length == 0 {
        return Ok(Bytes::new());
    }
    let bytes = source.read(offset, length).await;
    let bytes = bytes.map_err(|source| Error::Source { what, source })?;
    if bytes.len() as u64 == length {
        return Ok(bytes);
    }
    Err(Error::Source { what, source: io::ErrorKind::UnexpectedEof.into() })
}
