//! Finds chunk boundaries that split no haplotype.

use super::model::CsqModel;
use crate::allele::MAX_POSITION;
use crate::reference::Reference;
use gas_shared::vcf::without_byte_order_mark;

/// Number of lines before a boundary that are checked for deletions that extend past it.
const LOOK_BACK: usize = 16;

/// The last boundary between lines that no coding sequence spans, as the number of bytes before it.
/// `None` if there is no such boundary.
///
/// A deletion that begins more than [`LOOK_BACK`] lines before the boundary and extends into a
/// coding sequence after it is annotated on its own.
pub(crate) fn last_chunk_boundary(
    model: &CsqModel,
    reference: &Reference,
    lines: &[u8],
) -> Option<usize> {
    let mut rest = LinesBackwards { reference, lines, end: lines.len(), name: &[], contig: None };
    let mut found: Vec<Line> = Vec::with_capacity(LOOK_BACK + 1);
    for n in 0.. {
        let missing = (n + LOOK_BACK).saturating_sub(found.len());
        found.extend(rest.by_ref().take(missing));
        let line = found.get(n)?;
        let next = n.checked_sub(1).map_or(line, |next| &found[next]);
        let Some(contig) = line.contig.filter(|contig| next.contig == Some(*contig)) else {
            return Some(line.end);
        };
        let before = found[n..].iter().take(LOOK_BACK).filter(|l| l.contig == Some(contig));
        let reach = before.map(|l| l.reach).max().unwrap_or(line.reach);
        let spans = &model.contigs[contig as usize].spans;
        let span = spans.get(spans.partition_point(|span| span.1 < next.pos));
        if span.is_none_or(|span| span.0 > reach) {
            return Some(line.end);
        }
    }
    None
}

/// A line and the position of its record.
struct Line {
    /// Offset of the end of the line.
    end: usize,
    /// `None` if the contig is not in the reference.
    contig: Option<u32>,
    pos: i32,
    /// Last position that REF touches, including the base after it.
    reach: i32,
}

/// Iterates over lines from the last to the first.
struct LinesBackwards<'a> {
    reference: &'a Reference,
    lines: &'a [u8],
    end: usize,
    /// Contig name of the previous line, and its number.
    name: &'a [u8],
    contig: Option<u32>,
}

impl Iterator for LinesBackwards<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let end = self.end;
        let before = self.lines.get(..end.checked_sub(1)?)?;
        let start = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
        self.end = start;
        let line = without_byte_order_mark(&self.lines[start..end]);
        let mut columns = line.splitn(5, |b| *b == b'\t');
        let name = columns.next().unwrap_or_default();
        if name != self.name || self.name.is_empty() {
            self.name = name;
            self.contig = self.reference.contig(name).map(|contig| contig.number);
        }
        // The annotator rejects a line without a position.
        let pos = columns.next().and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        let pos = pos.unwrap_or(0i32).min(MAX_POSITION);
        let reference = columns.nth(1).map_or(0, <[u8]>::len);
        Some(Line { end, contig: self.contig, pos, reach: pos.saturating_add(reference as i32) })
    }
}
