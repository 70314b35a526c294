//! Finds chunk boundaries that split no haplotype.

use super::model::CsqModel;
use crate::allele::MAX_POSITION;
use crate::reference::Reference;
use crate::vcf::line_end_from;
use gas_shared::vcf::without_byte_order_mark;
use std::collections::VecDeque;

/// Number of lines before a boundary that are checked for deletions that extend past it.
pub(crate) const LOOK_BACK: usize = 16;

/// The first boundary between lines that no coding sequence spans, at or after `from` bytes, as the number of
/// bytes before it. `None` if there is no such boundary, or if the line after it is missing.
///
/// A deletion that begins more than [`LOOK_BACK`] lines before the boundary and extends into a
/// coding sequence after it is annotated on its own.
pub(crate) fn first_chunk_boundary(
    model: &CsqModel,
    reference: &Reference,
    lines: &[u8],
    from: usize,
) -> Option<usize> {
    let mut reader = LineReader { reference, name: &[], contig: None };
    let mut end = line_end_from(lines, from)?;
    let mut before = VecDeque::with_capacity(LOOK_BACK + 1);
    let mut start = end;
    while before.len() < LOOK_BACK && start > 0 {
        let previous = memchr::memrchr(b'\n', &lines[..start - 1]).map_or(0, |n| n + 1);
        before.push_front(reader.read(&lines[previous..start]));
        start = previous;
    }
    loop {
        let next_end = line_end_from(lines, end + 1)?;
        let next = reader.read(&lines[end..next_end]);
        if is_allowed(model, &before, next) {
            return Some(end);
        }
        if before.len() == LOOK_BACK {
            before.pop_front();
        }
        before.push_back(next);
        end = next_end;
    }
}

/// Whether no coding sequence spans the boundary between some lines and the next one.
fn is_allowed(model: &CsqModel, before: &VecDeque<Line>, next: Line) -> bool {
    let Some(last) = before.back() else { return true };
    let Some(contig) = last.contig.filter(|contig| next.contig == Some(*contig)) else {
        return true;
    };
    let reach = before.iter().filter(|line| line.contig == Some(contig)).map(|line| line.reach);
    let reach = reach.max().unwrap_or(last.reach);
    let spans = &model.contigs[contig as usize].spans;
    let span = spans.get(spans.partition_point(|span| span.1 < next.pos));
    span.is_none_or(|span| span.0 > reach)
}

/// The position of the record of a line.
#[derive(Clone, Copy)]
struct Line {
    /// `None` if the contig is not in the reference.
    contig: Option<u32>,
    pos: i32,
    /// Last position that REF touches, including the base after it.
    reach: i32,
}

/// Reads positions. Most lines have the contig of the line that was read before.
struct LineReader<'a> {
    reference: &'a Reference,
    /// Contig name of the last line, and its number.
    name: &'a [u8],
    contig: Option<u32>,
}

impl<'a> LineReader<'a> {
    fn read(&mut self, line: &'a [u8]) -> Line {
        let line = without_byte_order_mark(line);
        // REF may have a million bases.
        let mut tabs = memchr::memchr_iter(b'\t', line);
        let mut next = || tabs.next().unwrap_or(line.len());
        let (name_end, pos_end, id_end, reference_end) = (next(), next(), next(), next());
        let name = &line[..name_end];
        if name != self.name || self.name.is_empty() {
            self.name = name;
            self.contig = self.reference.contig(name).map(|contig| contig.number);
        }
        // The annotator rejects a line without a position.
        let pos = line.get(name_end + 1..pos_end);
        let pos = pos.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        let pos = pos.unwrap_or(0i32).min(MAX_POSITION);
        let reference = reference_end.saturating_sub(id_end + 1);
        Line { contig: self.contig, pos, reach: pos.saturating_add(reference as i32) }
    }
}
