//! The sequence of a transcript, from that of its contig.

use crate::model::{Strand, complement};

/// Replaces `bases` by those of regions, in reading direction.
pub(super) fn splice(
    bases: &mut Vec<u8>,
    contig: &[u8],
    regions: impl Iterator<Item = (i32, i32)>,
    strand: Strand,
) {
    bases.clear();
    for (start, end) in regions {
        let part = &contig[start as usize - 1..end as usize];
        match strand {
            Strand::Forward => bases.extend_from_slice(part),
            Strand::Reverse => bases.extend(part.iter().rev().map(|b| complement(*b))),
        }
    }
}
