//! Where bytes come from: ranges of a file, wherever it lies.

use async_trait::async_trait;
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::path::Path;

/// A file of which ranges can be read: an object in S3, a local file, memory.
#[async_trait]
pub trait Source: Send + Sync {
    /// Reads exactly `length` bytes from `offset`.
    ///
    /// # Errors
    /// Where the range cannot be read, or reaches past the end.
    async fn read(&self, offset: u64, length: u64) -> io::Result<Bytes>;

    /// Bytes of the file.
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

/// A local file. Reads block the thread: for commands, tests and measurements.
#[derive(Debug)]
pub struct LocalFile {
    file: File,
    length: u64,
}

impl LocalFile {
    /// Opens a file.
    ///
    /// # Errors
    /// As the system says.
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
