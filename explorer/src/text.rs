//! The text of a result: its header, and lines by offset.

use crate::Error;
use crate::format::BlockOffset;
use crate::source::{GAP_BYTES, Source, read_range};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use std::ops::Range;

/// The header of a result.
#[derive(Debug)]
pub(crate) struct Header {
    /// The lines before the first record.
    pub text: Bytes,
}

/// Samples in the details of a record.
const SHOWN_SAMPLES: usize = 100;

impl Header {
    /// Wraps the text of a header.
    pub fn new(text: Bytes) -> Self {
        Self { text }
    }

    /// The description of an INFO key.
    pub fn description(&self, key: &str) -> Option<String> {
        let start = format!("##INFO=<ID={key},");
        let line = self.lines().find(|line| line.starts_with(start.as_bytes()))?;
        let line = String::from_utf8_lossy(line);
        let (_, text) = line.split_once("Description=\"")?;
        Some(text.split_once('"').map_or(text, |(text, _)| text).to_owned())
    }

    /// The names of the first samples.
    pub fn samples(&self) -> Vec<String> {
        let columns = self.lines().find(|line| line.starts_with(b"#CHROM")).unwrap_or_default();
        let columns = String::from_utf8_lossy(columns);
        columns.trim_end().split('\t').skip(9).take(SHOWN_SAMPLES).map(str::to_owned).collect()
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.text.split(|b| *b == b'\n')
    }
}

/// The range of a record's line in the uncompressed result.
#[derive(Clone, Debug)]
pub(crate) struct LineRange {
    /// Number of the record.
    pub number: u64,
    /// Bytes of the line, including its line end.
    pub range: Range<u64>,
}

/// Lines that are read at once.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub range: Range<u64>,
    pub lines: Vec<LineRange>,
}

/// The largest span, unless a single line is longer.
const MAX_SPAN_BYTES: u64 = 2 << 20;

/// Groups lines that are close to each other.
pub(crate) fn spans(lines: impl Iterator<Item = LineRange>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for line in lines {
        match spans.last_mut() {
            Some(span)
                if line.range.start <= span.range.end + GAP_BYTES
                    && line.range.end - span.range.start <= MAX_SPAN_BYTES =>
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
    /// The lines without line ends, given the text of the span.
    pub fn texts<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (u64, &'a [u8])> {
        self.lines.iter().map(|line| {
            let start = (line.range.start - self.range.start) as usize;
            let end = (line.range.end - self.range.start) as usize;
            (line.number, without_line_ends(&text[start..end]))
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
    let end = offsets.iter().find(|offset| offset.text >= range.end);
    let (Some(first), Some(end)) = (first.map(|n| offsets[n]), end) else {
        return Err(Error::Damaged("a record is outside of its BGZF blocks"));
    };
    let length = end.packed.saturating_sub(first.packed);
    let packed = read_range(result, first.packed, length, "the result").await?;
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut MultiGzDecoder::new(&packed[..]), &mut text)
        .map_err(|source| Error::Source { what: "the result", source })?;
    let start = (range.start - first.text) as usize;
    let end = (range.end - first.text) as usize;
    let inside = end <= text.len();
    let text = Bytes::from(text);
    if inside { Ok(text.slice(start..end)) } else { Err(MISPLACED) }
}

/// There is no record at the offset that the index states.
pub(crate) const MISPLACED: Error = Error::Damaged("a record is not at its offset");
