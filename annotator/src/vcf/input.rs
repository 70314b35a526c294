//! Reads a VCF file (plain, gzip or BGZF) in chunks of whole lines, with limits against
//! decompression bombs.

use super::bgzf;
use crate::error::{Error, InputError};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The target size of a chunk.
const CHUNK_BYTES: usize = 1 << 16;
/// The largest chunk, for text without an allowed chunk boundary.
const MAX_CHUNK_BYTES: usize = 1 << 26;
/// The longest line. Half a million samples fit.
const MAX_LINE_BYTES: usize = 1 << 28;
/// The compression ratio is checked from this size on; it says nothing about smaller files.
const RATIO_FROM_BYTES: u64 = 64 << 20;

/// Limits on the size of the input after decompression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes after decompression.
    pub max_bytes: u64,
    /// The highest ratio of decompressed to compressed size, from 64 MiB on. Deflate reaches 1032;
    /// VCF files with many samples reach about 200.
    pub max_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 2 << 40, max_ratio: 500 }
    }
}

/// Counts the bytes that are read from a file.
struct CountingReader {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for CountingReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buf)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

enum Bytes {
    Plain(CountingReader),
    Gzip(Box<MultiGzDecoder<BufReader<CountingReader>>>),
}

/// The input file.
pub struct InputFile {
    bytes: Bytes,
    gzip: bool,
    /// Bytes of the file on disk.
    size: u64,
    compressed_read: Arc<AtomicU64>,
    expanded: u64,
    limits: Limits,
    rest: Vec<u8>,
    end: bool,
    lines: u64,
}

/// Finds the last allowed chunk boundary in whole lines: the number of bytes before it, or `None`
/// if there is none.
pub type FindBoundary<'a> = &'a dyn Fn(&[u8]) -> Option<usize>;

/// Allows a chunk boundary after every line.
pub const AFTER_ANY_LINE: FindBoundary<'static> = &|lines| Some(lines.len());

/// Whole lines of the file.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Number of its first line, from 1.
    pub first_line: u64,
    /// The lines. Each ends in a line feed, except possibly the last line of the file.
    pub bytes: Vec<u8>,
    /// How much of the file has been read, from 0 to 1.
    pub fraction: f64,
    /// Whether it ends at a boundary that is not allowed, because it had become too large.
    pub forced_boundary: bool,
}

impl InputFile {
    /// Opens a file. Gzip is detected by the first two bytes.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, [`InputError::Damaged`] if it is a truncated BGZF
    /// file.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::file(path))?;
        let size = file.metadata().map_err(Error::file(path))?.len();
        let mut magic = Vec::new();
        file.by_ref().take(2).read_to_end(&mut magic).map_err(Error::file(path))?;
        let gzip = magic == [0x1f, 0x8b];
        if gzip && !bgzf::is_complete(&mut file).map_err(Error::file(path))? {
            return Err(InputError::Damaged("its last block is missing".to_owned()).into());
        }
        let file = File::open(path).map_err(Error::file(path))?;
        let compressed_read = Arc::new(AtomicU64::new(0));
        let counting = CountingReader { file, read: compressed_read.clone() };
        let bytes = if gzip {
            Bytes::Gzip(Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, counting))))
        } else {
            Bytes::Plain(counting)
        };
        Ok(Self {
            bytes,
            gzip,
            size,
            compressed_read,
            expanded: 0,
            limits,
            rest: Vec::new(),
            end: false,
            lines: 0,
        })
    }

    /// Whether the file is compressed.
    pub fn is_gzip(&self) -> bool {
        self.gzip
    }

    /// Reads the next chunk into `chunk`, whose memory is reused; `false` at the end of the file.
    ///
    /// # Errors
    /// [`Error`] if the file cannot be read, is damaged or exceeds the limits.
    pub fn next_chunk(
        &mut self,
        chunk: &mut Chunk,
        find_boundary: FindBoundary<'_>,
    ) -> Result<bool, Error> {
        chunk.bytes.clear();
        chunk.bytes.append(&mut self.rest);
        chunk.forced_boundary = false;
        let mut target = chunk.bytes.len() + CHUNK_BYTES;
        while !self.end {
            self.read_up_to(&mut chunk.bytes, target)?;
            if self.end {
                break;
            }
            if let Some(last) = memchr::memrchr(b'\n', &chunk.bytes) {
                let boundary = find_boundary(&chunk.bytes[..=last]);
                chunk.forced_boundary = boundary.is_none() && last >= MAX_CHUNK_BYTES;
                if let Some(end) = boundary.or(chunk.forced_boundary.then_some(last + 1)) {
                    self.rest.extend_from_slice(&chunk.bytes[end..]);
                    chunk.bytes.truncate(end);
                    break;
                }
            } else if chunk.bytes.len() > MAX_LINE_BYTES {
                return Err(self.line_too_long());
            }
            target = chunk.bytes.len() * 2;
        }
        if chunk.bytes.is_empty() {
            return Ok(false);
        }
        chunk.first_line = self.lines + 1;
        self.lines += memchr::memchr_iter(b'\n', &chunk.bytes).count() as u64;
        chunk.fraction = match self.size {
            0 => 1.0,
            size => (self.compressed_read.load(Ordering::Relaxed) as f64 / size as f64).min(1.0),
        };
        Ok(true)
    }

    /// Puts back the rest of a chunk, which follows line `lines` and becomes part of the next
    /// chunk.
    pub(super) fn put_back(&mut self, rest: &[u8], lines: u64) {
        self.rest.splice(0..0, rest.iter().copied());
        self.lines = lines;
    }

    fn read_up_to(&mut self, out: &mut Vec<u8>, target: usize) -> Result<(), Error> {
        let mut filled = out.len();
        if filled >= target {
            return Ok(());
        }
        out.resize(target, 0);
        while filled < target {
            let read = match &mut self.bytes {
                Bytes::Plain(file) => {
                    file.read(&mut out[filled..]).map_err(Error::file("input"))?
                }
                Bytes::Gzip(gzip) => {
                    gzip.read(&mut out[filled..]).map_err(|e| InputError::Damaged(e.to_string()))?
                }
            };
            if read == 0 {
                self.end = true;
                break;
            }
            filled += read;
            self.expanded += read as u64;
            self.check_limits()?;
        }
        out.truncate(filled);
        Ok(())
    }

    fn check_limits(&self) -> Result<(), InputError> {
        if self.expanded > self.limits.max_bytes {
            return Err(InputError::TooLarge { limit: self.limits.max_bytes });
        }
        let read = self.compressed_read.load(Ordering::Relaxed).max(1);
        if self.gzip
            && self.expanded > RATIO_FROM_BYTES
            && self.expanded / read > self.limits.max_ratio
        {
            return Err(InputError::Bomb { ratio: self.limits.max_ratio });
        }
        Ok(())
    }

    fn line_too_long(&self) -> Error {
        use gas_shared::vcf::{Code, Diagnostic, Severity};
        let finding = Diagnostic {
            line: self.lines + 1,
            column: None,
            severity: Severity::Error,
            code: Code::LineTooLong,
            message: format!("the line is longer than {MAX_LINE_BYTES} bytes; is this a VCF file?"),
        };
        InputError::from(finding).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn chunks_of(bytes: &[u8], limits: Limits) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut input = InputFile::open(file.path(), limits)?;
        let mut chunk = Chunk::default();
        let mut out = Vec::new();
        while input.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
            out.push((chunk.first_line, chunk.bytes.clone()));
        }
        Ok(out)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn chunks_are_whole_lines_in_file_order() {
        let text: String = (0..60_000).map(|n| format!("line {n}\n")).collect();
        for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
            let chunks = chunks_of(&bytes, Limits::default()).unwrap();
            assert!(chunks.len() > 1);
            let mut line = 1;
            for (first, bytes) in &chunks {
                assert_eq!(*first, line);
                assert!(bytes.ends_with(b"\n"));
                line += bytes.iter().filter(|b| **b == b'\n').count() as u64;
            }
            let all: Vec<u8> = chunks.into_iter().flat_map(|c| c.1).collect();
            assert_eq!(all, text.as_bytes());
        }
    }

    #[test]
    fn a_truncated_gzip_file_and_a_bomb_are_rejected() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![b'A'; 80 << 20]).unwrap();
        let whole = encoder.finish().unwrap();
        let limits = Limits::default();
        let error = chunks_of(&whole, limits).unwrap_err();
        assert!(matches!(error, Error::Input(InputError::Bomb { .. })), "{error}");
        let small = gzip(b"one line\nanother line\n");
        let error = chunks_of(&small[..small.len() - 10], limits).unwrap_err();
        assert!(matches!(error, Error::Input(InputError::Damaged(_))), "{error}");
        let tight = Limits { max_bytes: 10, ..limits };
        let error = chunks_of(&small, tight).unwrap_err();
        assert!(matches!(error, Error::Input(InputError::TooLarge { limit: 10 })), "{error}");
    }
}
