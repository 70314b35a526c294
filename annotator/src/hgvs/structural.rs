//! Genomic descriptions of structural variants (<https://hgvs-nomenclature.org>, uncertain positions:
//! <https://hgvs-nomenclature.org/stable/recommendations/uncertain/>).

use super::HgvsText;
use crate::model::complement;
use crate::reference::ContigView;
use crate::structural_variant::{Ends, StructuralKind, StructuralVariant};
use crate::text::push_int;

/// The most bases that a variant is shifted. Variants in a longer repeat get no description, because
/// its 3' end is unknown then.
const MAX_SHIFT: usize = 10_000;

impl HgvsText {
    /// Starts a structural variant: writes the genomic description of a deletion, duplication or
    /// inversion. Other kinds, and variants whose ends are unknown, have none.
    pub(crate) fn begin_structural(
        &mut self,
        contig: &ContigView<'_>,
        variant: &StructuralVariant<'_>,
    ) {
        self.clear();
        let change: &[u8] = match variant.kind {
            StructuralKind::Deletion => b"del",
            StructuralKind::Duplication | StructuralKind::CopyGain => b"dup",
            StructuralKind::Inversion => b"inv",
            _ => return,
        };
        let (start, end) = match variant.ends {
            Ends::Unknown => return,
            Ends::Within(start, end) => (start, end),
            Ends::Exact => {
                let moved = if variant.kind == StructuralKind::Inversion {
                    without_palindrome(contig, variant.start, variant.end)
                } else {
                    shifted(contig, variant.start, variant.end)
                };
                let Some((start, end)) = moved else { return };
                ((start, start), (end, end))
            }
        };
        let out = &mut self.genomic;
        self.genomic_prefix.write(out, contig);
        push_position(out, start);
        if start != end || start.0 != start.1 {
            out.push(b'_');
            push_position(out, end);
        }
        out.extend_from_slice(change);
    }
}

fn push_position(out: &mut Vec<u8>, (low, high): (i32, i32)) {
    if low == high {
        push_int(out, low);
        return;
    }
    out.push(b'(');
    push_int(out, low);
    out.push(b'_');
    push_int(out, high);
    out.push(b')');
}

/// The most 3' of the equal descriptions of a deletion or duplication; `None` if the reference does
/// not have its bases.
fn shifted(contig: &ContigView<'_>, mut start: i32, mut end: i32) -> Option<(i32, i32)> {
    let base = |pos: i32| contig.bases(pos, pos).map(|bases| bases[0].to_ascii_uppercase());
    base(start)?;
    base(end)?;
    for _ in 0..MAX_SHIFT {
        match (base(start), base(end + 1)) {
            (Some(first), Some(next)) if first == next && first != b'N' => {
                start += 1;
                end += 1;
            }
            _ => return Some((start, end)),
        }
    }
    None
}

/// An inversion without the bases at its ends that it leaves as they are; `None` if nothing changes
/// within the bases looked at.
fn without_palindrome(contig: &ContigView<'_>, mut start: i32, mut end: i32) -> Option<(i32, i32)> {
    for _ in 0..MAX_SHIFT {
        if start >= end {
            return None;
        }
        let (first, last) = (contig.bases(start, start)?[0], contig.bases(end, end)?[0]);
        if !first.eq_ignore_ascii_case(&complement(last.to_ascii_uppercase())) {
            return Some((start, end));
        }
        start += 1;
        end -= 1;
    }
    None
}
