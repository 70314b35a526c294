//! The text of a result: lines by offset.

use crate::Error;
use crate::format::BlockOffset;
use crate::limits::PIECE_BYTES;
use crate::source::{GAP_BYTES, Source, read_range};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use std::io::Read;
use std::ops::Range;

/// A record's line in the uncompressed result, as far as it is read.
#[derive(Clone, Debug)]
pub(crate) struct LineRange {
    /// Number of the record.
    pub number: u64,
    /// The bytes to read.
    pub range: Range<u64>,
    /// Bytes of the complete line, including its line end.
    pub bytes: u64,
}

impl LineRange {
    /// A line of which at most `limit` bytes are read.
    pub fn new(number: u64, start: u64, bytes: u64, limit: u64) -> Self {
        Self { number, range: start..start + bytes.min(limit), bytes }
    }
}

/// Lines that are read at once.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub range: Range<u64>,
    pub lines: Vec<LineRange>,
}

/// A line, or the start of a long one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Number of the record.
    pub number: u64,
    /// The text without the line end.
    pub text: &'a [u8],
    /// Bytes of the complete line, if the text is only its start.
    pub cut: Option<u64>,
}

/// Groups lines that are close to each other. A span is larger than [`PIECE_BYTES`] only if a single
/// line is.
pub(crate) fn spans(lines: impl Iterator<Item = LineRange>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for line in lines {
        match spans.last_mut() {
            Some(span)
                if line.range.start <= span.range.end + GAP_BYTES
                    && line.range.end - span.range.start <= PIECE_BYTES =>
            {
                span.range.end = line.range.end;
                span.lines.push(line);
            }
            _ => spans.push(Span { range: line.range.clone(), lines: vec![line] }),
        }
    }
    spans
}

impl Span {
    /// The lines, given the text of the span.
    pub fn texts<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Line<'a>> {
        self.lines.iter().map(|line| {
            let start = (line.range.start - self.range.start) as usize;
            let end = (line.range.end - self.range.start) as usize;
            let text = without_line_ends(&text[start..end]);
            let is_cut = (end - start) as u64 != line.bytes;
            Line { number: line.number, text, cut: is_cut.then_some(line.bytes) }
        })
    }
}

/// Removes line ends; the range of a line includes the empty lines after it.
pub(crate) fn without_line_ends(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &line[..end]
}

/// Reads a range of the uncompressed result. `offsets` are those of the BGZF blocks with the range,
/// and of the block after them; empty for plain files.
pub(crate) async fn read_text(
    result: &dyn Source,
    offsets: &[BlockOffset],
    bgzf: bool,
    range: Range<u64>,
) -> Result<Bytes, Error> {
    if !bgzf {
        return read_range(result, range.start, range.end - range.start, "the result").await;
    }
    let first = offsets.partition_point(|offset| offset.text <= range.start).checked_sub(1);
    let end = offsets.get(offsets.partition_point(|offset| offset.text < range.end));
    let (Some(first), Some(end)) = (first.map(|n| offsets[n]), end) else {
        return Err(Error::Damaged("a record is outside of its BGZF blocks"));
    };
    let length = end.packed.saturating_sub(first.packed);
    let needed = range.end - first.text;
    if length.max(needed) > (range.end - range.start) + BGZF_SLACK_BYTES {
        return Err(Error::Damaged("a BGZF block is too large"));
    }
    let packed = read_range(result, first.packed, length, "the result").await?;
    let mut text = Vec::with_capacity(needed as usize);
    MultiGzDecoder::new(&packed[..])
        .take(needed)
        .read_to_end(&mut text)
        .map_err(|source| Error::Source { what: "the result", source })?;
    if text.len() as u64 != needed {
        return Err(MISPLACED);
    }
    Ok(Bytes::from(text).slice((range.start - first.text) as usize..))
}

/// The most bytes of BGZF blocks before and after a range. A block has at most 64 KiB, compressed or
/// not (SAM specification, section 4.1); incompressible ranges grow by their block headers.
const BGZF_SLACK_BYTES: u64 = 1 << 20;

/// There is no record at the offset that the index states.
pub(crate) const MISPLACED: Error = Error::Damaged("a record is not at its offset");
