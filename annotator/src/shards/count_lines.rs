//! Counts the lines of a part of a file, so that an error in a shard can name its line of the whole file.

use super::range_source::{RangeReader, RangeSource};
use crate::vcf::{BlockReader, TextPosition, TextRange};
use gas_shared::vcf::{COMPRESSION_MAGIC_BYTES, CompressionFormat};
use std::io::{self, BufRead, BufReader, Read};

/// Bytes of the file that are read at once.
const READ_BYTES: usize = 1 << 16;

/// Counts the lines between two places of a plain or BGZF file.
///
/// # Errors
/// If the source does not have the text: it does not respond, or is a copy with holes there.
pub(crate) fn count_lines(
    source: &dyn RangeSource,
    start: TextPosition,
    end: TextPosition,
) -> io::Result<u64> {
    let mut magic = Vec::new();
    let most = COMPRESSION_MAGIC_BYTES as u64;
    RangeReader::new(source, 0).take(most).read_to_end(&mut magic)?;
    let reader = BufReader::with_capacity(READ_BYTES, RangeReader::new(source, start.block));
    if CompressionFormat::of(&magic) == CompressionFormat::Bgzf {
        let range = TextRange { start, end: Some(end) };
        return lines(BlockReader::of_range(reader, range));
    }
    lines(reader.take(end.block.saturating_sub(start.block)))
}

fn lines(mut text: impl BufRead) -> io::Result<u64> {
    let mut lines = 0;
    loop {
        let piece = text.fill_buf()?;
        if piece.is_empty() {
            return Ok(lines);
        }
        if memchr::memchr(0, piece).is_some() {
            // The holes of a copy are read as zeros.
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the copy has no text there"));
        }
        lines += memchr::memchr_iter(b'\n', piece).count() as u64;
        let bytes = piece.len();
        text.consume(bytes);
    }
}
