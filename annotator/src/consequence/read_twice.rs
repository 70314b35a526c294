//! Bases that the ribosome reads twice because it slips back, so that a substitution changes two places
//! of the coding sequence.

use super::locate::Span;
use crate::allele::Allele;
use crate::model::{Cds, CdsSegment, Strand, complement};
use crate::reference::ContigView;

/// A substitution in the coding sequence as the ribosome reads it.
#[derive(Clone, Debug)]
pub(super) struct ReadTwice {
    /// From the first to the last changed base.
    pub(super) span: Span,
    reference: Vec<u8>,
    alt: Vec<u8>,
}

impl ReadTwice {
    /// The allele with the bases between the two readings, in genomic direction.
    pub(super) fn as_allele(&self, allele: &Allele<'_>) -> Allele<'_> {
        Allele { start: allele.start, end: allele.end, reference: &self.reference, alt: &self.alt }
    }
}

/// Whether an allele touches a base that is read twice.
pub(super) fn touches_twice(cds: &Cds, allele: &Allele<'_>) -> bool {
    cds.has_slippage()
        && cds.segments.windows(2).any(|pair| {
            let (start, end) = (pair[0].start.max(pair[1].start), pair[0].end.min(pair[1].end));
            start <= end && allele.overlaps(start, end)
        })
}

/// Reads a substitution that touches bases read twice; `None` for an insertion or deletion, after which
/// it is not known whether the ribosome slips, and for a substitution that reaches out of the coding
/// sequence.
pub(super) fn read_twice(
    contig: &ContigView<'_>,
    cds: &Cds,
    strand: Strand,
    allele: &Allele<'_>,
) -> Option<ReadTwice> {
    if allele.reference.len() != allele.alt.len() {
        return None;
    }
    let index = |segment: &CdsSegment, pos: i32| {
        let into = if strand.is_reverse() { segment.end - pos } else { pos - segment.start };
        (segment.cds_start - 1 + into) as usize
    };
    let mut changed: Vec<(usize, u8)> = Vec::new();
    for (pos, base) in (allele.start..=allele.end).zip(allele.alt) {
        let segments = cds.segments.iter().filter(|s| s.start <= pos && pos <= s.end);
        let before = changed.len();
        changed.extend(segments.map(|segment| {
            let base = base.to_ascii_uppercase();
            (index(segment, pos), if strand.is_reverse() { complement(base) } else { base })
        }));
        if changed.len() == before {
            return None;
        }
    }
    let first = changed.iter().map(|(at, _)| *at).min()?;
    let last = changed.iter().map(|(at, _)| *at).max()?;
    let mut reference = contig.coding(cds).get(first..=last)?.to_vec();
    let mut alt = reference.clone();
    for (at, base) in changed {
        alt[at - first] = base;
    }
    if strand.is_reverse() {
        for bases in [&mut reference, &mut alt] {
            bases.reverse();
            bases.iter_mut().for_each(|base| *base = complement(*base));
        }
    }
    let position = |at: usize| Some(at as i32 + 1 + i32::from(cds.start_phase));
    Some(ReadTwice { span: Span { start: position(first), end: position(last) }, reference, alt })
}
