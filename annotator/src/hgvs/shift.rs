//! The 3' rule of HGVS: insertions and deletions are shifted as far as possible towards the 3' end.

use crate::model::Strand;
use crate::reference::ContigView;
use crate::variant::Allele;

/// Maximum shift in bases, as in VEP.
const MAX_SHIFT: i32 = 1000;

/// The shift of an allele.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shifted {
    /// Number of bases, in reading direction.
    pub(super) distance: i32,
    /// The offset of genomic positions.
    pub(super) delta: i32,
}

/// Computes how far an insertion or deletion can be shifted towards the 3' end of a strand.
pub(super) fn shift_towards(
    contig: &ContigView<'_>,
    allele: &Allele<'_>,
    strand: Strand,
) -> Shifted {
    let moving = match (allele.reference.is_empty(), allele.alt.is_empty()) {
        (true, false) => allele.alt,
        (false, true) => allele.reference,
        _ => return Shifted::default(),
    };
    let length = moving.len() as i32;
    let limit = MAX_SHIFT - length;
    let mut distance = 0;
    while distance < limit {
        let rotation = (distance % length) as usize;
        let (next, head) = match strand {
            Strand::Forward => (allele.end.max(allele.start - 1) + 1 + distance, moving[rotation]),
            Strand::Reverse => (allele.start - 1 - distance, moving[moving.len() - 1 - rotation]),
        };
        match contig.bases(next, next) {
            // Two unknown bases are not known to be equal, and assemblies have millions of them in a row.
            Some([base]) if base.eq_ignore_ascii_case(&head) && !is_unknown(head) => distance += 1,
            _ => break,
        }
    }
    let delta = if strand.is_reverse() { -distance } else { distance };
    Shifted { distance, delta }
}

fn is_unknown(base: u8) -> bool {
    base.eq_ignore_ascii_case(&b'N')
}

impl Shifted {
    /// Calls `use_it` with the shifted allele, whose inserted bases are rotated accordingly.
    pub(super) fn with_allele<T>(
        self,
        contig: &ContigView<'_>,
        allele: &Allele<'_>,
        use_it: impl FnOnce(&Allele<'_>) -> T,
    ) -> T {
        let (start, end) = (allele.start + self.delta, allele.end + self.delta);
        if allele.alt.is_empty() {
            let reference = contig.bases(start, end).unwrap_or(allele.reference);
            return use_it(&Allele { start, end, reference, alt: allele.alt });
        }
        let length = allele.alt.len();
        let rotation = self.delta.rem_euclid(length as i32) as usize;
        if rotation == 0 {
            return use_it(&Allele { start, end, ..*allele });
        }
        let mut small = [0u8; 64];
        let mut large;
        let rotated: &mut [u8] = if length <= small.len() {
            &mut small[..length]
        } else {
            large = vec![0; length];
            &mut large
        };
        rotated.copy_from_slice(allele.alt);
        rotated.rotate_left(rotation);
        use_it(&Allele { start, end, reference: allele.reference, alt: rotated })
    }
}
