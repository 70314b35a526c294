//! The alternative alleles of a record, with VEP's coordinates.

use crate::structural_variant::StructuralVariant;
use gas_shared::vcf::AltKind;

/// An upper bound on genomic positions. Sums of two smaller positions do not overflow `i32`.
pub(crate) const MAX_POSITION: i32 = 1 << 30;

/// One alternative allele of a record.
pub(crate) enum Variant<'a> {
    /// An allele with a known sequence.
    Sequence(Allele<'a>),
    /// A symbolic allele or a breakend.
    Structural(StructuralVariant),
}

impl Variant<'_> {
    /// First and last reference base replaced; for an insertion the first is greater.
    pub(crate) const fn span(&self) -> (i32, i32) {
        match self {
            Self::Sequence(allele) => (allele.start, allele.end),
            Self::Structural(variant) => (variant.start, variant.end),
        }
    }
}

/// A sequence allele on the forward strand. For an insertion, which lies between the bases `end`
/// and `start`, `start` is `end + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allele<'a> {
    /// First reference base replaced.
    pub start: i32,
    /// Last reference base replaced.
    pub end: i32,
    /// The replaced bases; empty for an insertion.
    pub reference: &'a [u8],
    /// The new bases; empty for a deletion.
    pub alt: &'a [u8],
}

impl Allele<'_> {
    /// Whether no reference base is replaced.
    #[inline]
    pub const fn is_insertion(&self) -> bool {
        self.start > self.end
    }

    /// Whether the allele overlaps a region. An insertion overlaps it if it lies inside.
    #[inline]
    pub const fn overlaps(&self, start: i32, end: i32) -> bool {
        self.end >= start && self.start <= end
    }
}

/// Whether all alleles of a record begin with the same base and their lengths differ. VEP removes
/// the first base in this case.
pub fn drops_first_base(reference: &[u8], alts: &[u8]) -> bool {
    let Some(first) = reference.first() else { return false };
    let mut unequal = false;
    for alt in alts.split(|b| *b == b',') {
        if matches!(AltKind::of(alt), Some(AltKind::Overlap | AltKind::None)) {
            unequal |= alt.len() != reference.len();
            continue;
        }
        if !alt.first().is_some_and(|b| b.eq_ignore_ascii_case(first)) {
            return false;
        }
        unequal |= alt.len() != reference.len();
    }
    unequal
}

impl<'a> Allele<'a> {
    /// Converts an allele of a record. `drop_first` is the result of [`drops_first_base`] for the
    /// record.
    pub fn new(pos: i32, reference: &'a [u8], alt: &'a [u8], drop_first: bool) -> Self {
        let skip = usize::from(drop_first);
        let reference = &reference[skip..];
        let start = pos + skip as i32;
        Self { start, end: start + reference.len() as i32 - 1, reference, alt: &alt[skip..] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_first_base_is_removed_only_if_lengths_differ() {
        assert!(drops_first_base(b"CAGT", b"C"));
        assert!(drops_first_base(b"CA", b"C,CAA"));
        assert!(!drops_first_base(b"CA", b"C,T"));
        assert!(!drops_first_base(b"CA", b"CT"));
        assert!(drops_first_base(b"CA", b"C,*"));
        let deletion = Allele::new(10, b"CAGT", b"C", true);
        assert_eq!((deletion.start, deletion.end, deletion.alt), (11, 13, &b""[..]));
        let insertion = Allele::new(10, b"C", b"CA", true);
        assert!(
            insertion.is_insertion() && !insertion.overlaps(11, 20) && insertion.overlaps(10, 11)
        );
    }
}
