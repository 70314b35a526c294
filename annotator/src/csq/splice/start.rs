//! Deletions in a start codon that leave it as it was, because the same bases come again.

use super::{Region, Surroundings, base_at};
use crate::csq::allele::Allele;

/// How far beyond the transcript the reference is looked at.
const PAD: i32 = 10;

/// Whether a deletion that touches the start codon's region can be moved out of it.
pub(super) fn is_kept(around: &Surroundings<'_>, allele: &Allele<'_>, region: &Region) -> bool {
    let (ref_len, alt_len) = (allele.ref_len(), allele.alt_len());
    let deleted = &allele.reference[alt_len as usize..];
    let count = ref_len - alt_len;
    let from = if around.reverse {
        if allele.pos + ref_len + 2 <= region.end {
            return false;
        }
        let last = allele.pos + ref_len - 1;
        if last + count > around.span.1 + PAD {
            return false;
        }
        last + 1
    } else {
        if allele.pos >= region.start + 3 {
            return false;
        }
        let from = allele.pos + ref_len - 2 * count;
        if from < 1 || PAD + from < region.start {
            return false;
        }
        from
    };
    deleted.iter().zip(from..).all(|(deleted, pos)| *deleted == base_at(around, pos))
}
