//! Where a file can be cut so that no haplotype is.

use super::model::CsqModel;
use crate::reference::Reference;
use crate::variant::MAX_POSITION;

/// How many lines before a cut are looked at for deletions that reach behind it.
const LOOK_BACK: usize = 16;

/// The last place in whole lines where no coding sequence is both before and behind: the number of
/// bytes before it. `None` where there is no such place.
///
/// A deletion that begins more lines before the cut than are looked at, and reaches into a coding
/// sequence behind it, is told by itself.
pub(crate) fn safe_cut(model: &CsqModel, reference: &Reference, lines: &[u8]) -> Option<usize> {
    let mut rest = Backwards { reference, lines, end: lines.len(), name: &[], contig: None };
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

/// A line and where its record lies; records on contigs without reference have no contig.
struct Line {
    end: usize,
    contig: Option<u32>,
    pos: i32,
    /// Last position that REF touches, the base behind it included.
    reach: i32,
}

/// Lines from the last to the first.
struct Backwards<'a> {
    reference: &'a Reference,
    lines: &'a [u8],
    end: usize,
    /// The contig of the line read last.
    name: &'a [u8],
    contig: Option<u32>,
}

impl Iterator for Backwards<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let end = self.end;
        let before = self.lines.get(..end.checked_sub(1)?)?;
        let start = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
        self.end = start;
        let mut columns = self.lines[start..end].splitn(5, |b| *b == b'\t');
        let name = columns.next().unwrap_or_default();
        if name != self.name || self.name.is_empty() {
            self.name = name;
            self.contig = self.reference.contig(name).map(|contig| contig.number);
        }
        // A line without a position is refused when it is read.
        let pos = columns.next().and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        let pos = pos.unwrap_or(0i32).min(MAX_POSITION);
        let reference = columns.nth(1).map_or(0, <[u8]>::len);
        Some(Line { end, contig: self.contig, pos, reach: pos.saturating_add(reference as i32) })
    }
}
