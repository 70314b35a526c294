//! HGVS's 3' rule: insertions and deletions are described as far towards 3' as they can move.

use crate::model::Strand;
use crate::reference::ContigView;
use crate::variant::Allele;

/// VEP looks no further than this.
const MAX_SHIFT: i32 = 1000;

/// How far an allele moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shifted {
    /// Bases, in reading direction.
    pub(super) distance: i32,
    /// Added to genomic positions.
    pub(super) delta: i32,
}

/// Moves an insertion or deletion along the genome towards a strand's 3' end.
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
        let turn = (distance % length) as usize;
        let (next, head) = match strand {
            Strand::Forward => (allele.end.max(allele.start - 1) + 1 + distance, moving[turn]),
            Strand::Reverse => (allele.start - 1 - distance, moving[moving.len() - 1 - turn]),
        };
        match contig.bases(next, next) {
            Some([base]) if base.eq_ignore_ascii_case(&head) => distance += 1,
            _ => break,
        }
    }
    let delta = if strand.is_reverse() { -distance } else { distance };
    Shifted { distance, delta }
}

impl Shifted {
    /// Gives `use_it` the allele where it ends up, its bases turned accordingly.
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
        let turn = self.delta.rem_euclid(length as i32) as usize;
        if turn == 0 {
            return use_it(&Allele { start, end, ..*allele });
        }
        let mut small = [0u8; 64];
        let mut large;
        let turned: &mut [u8] = if length <= small.len() {
            &mut small[..length]
        } else {
            large = vec![0; length];
            &mut large
        };
        turned.copy_from_slice(allele.alt);
        turned.rotate_left(turn);
        use_it(&Allele { start, end, reference: allele.reference, alt: turned })
    }
}
