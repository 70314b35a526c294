//! Random access to index and result, whether local or in an object store.

use crate::Error;
use async_trait::async_trait;
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::ops::Range;
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

/// Merges ranges, which are in ascending order, so that they are read with at most `requests` requests,
/// unless that reads more than `slack` bytes between them. Small gaps are read in any case.
pub(crate) fn merged(
    ranges: impl IntoIterator<Item = Range<u64>>,
    requests: usize,
    slack: u64,
) -> Vec<Range<u64>> {
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(GAP_BYTES) => {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    let gap = |pair: &[Range<u64>]| pair[1].start - pair[0].end;
    let mut gaps: Vec<(u64, usize)> =
        (1..).zip(merged.windows(2)).map(|(n, p)| (gap(p), n)).collect();
    gaps.sort_unstable();
    let (mut joins, mut read) = (vec![false; merged.len()], 0u64);
    for (gap, at) in gaps.into_iter().take(merged.len().saturating_sub(requests)) {
        read = read.saturating_add(gap);
        if read > slack {
            break;
        }
        joins[at] = true;
    }
    let mut out: Vec<Range<u64>> = Vec::new();
    for (range, joins) in merged.into_iter().zip(joins) {
        match out.last_mut() {
            Some(last) if joins => last.end = range.end,
            _ => out.push(range),
        }
    }
    out
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_merged_at_their_smallest_gaps() {
        const MIB: u64 = 1 << 20;
        let at = |mib: u64| mib * MIB..mib * MIB + 1000;
        let starts = [0, 3, 4, 20, 22, 40];
        let read = |requests, slack| merged(starts.map(at), requests, slack);
        assert_eq!(read(8, u64::MAX).len(), 6);
        let three = [0..4 * MIB + 1000, 20 * MIB..22 * MIB + 1000, at(40)];
        assert_eq!(read(3, u64::MAX), three);
        assert_eq!((read(1, u64::MAX).len(), read(1, u64::MAX)[0].end), (1, 40 * MIB + 1000));
        // The gaps of 1 and 2 MiB are read, the third would be too much.
        assert_eq!(read(1, 3 * MIB).len(), 4);
        assert_eq!(merged([0..10, 5..7, 50..60], 8, 0).first(), Some(&(0..60)));
        assert_eq!(merged([], 8, 0), []);
    }
}
