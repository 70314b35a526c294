//! An alternative allele of a record.

use crate::model::Strand;
use crate::placements::Placements;
use crate::structural_variant::StructuralVariant;

/// The size from which variants are called structural.
pub(crate) const STRUCTURAL_BASES: usize = 50;

/// One alternative allele of a record.
pub(crate) enum Variant<'a> {
    /// An allele with a known sequence, at its places in a repeat.
    Sequence(Placements<'a>),
    /// A symbolic allele or a breakend.
    Structural(StructuralVariant<'a>),
}

impl Variant<'_> {
    /// First and last reference base replaced; for an insertion the first is greater.
    pub(crate) const fn span(&self) -> (i32, i32) {
        match self {
            Self::Sequence(places) => (places.first.start, places.first.end),
            Self::Structural(variant) => (variant.start, variant.end),
        }
    }

    /// The bases that a tandem duplication of structural size copies, at its leftmost place.
    pub(crate) fn copied(&self) -> Option<(i32, i32)> {
        match self {
            Self::Sequence(places) if places.first.alt.len() >= STRUCTURAL_BASES => {
                places.copied(Strand::Reverse)
            }
            _ => None,
        }
    }

    /// The first and the last base by which the variant is in a region: of its span, beside an
    /// insertion, or of the bases that a tandem duplication copies, whether it is written as a
    /// symbolic allele or in bases.
    pub(crate) fn region(&self) -> (i32, i32) {
        self.copied().unwrap_or_else(|| {
            let (start, end) = self.span();
            (start.min(end), start.max(end))
        })
    }

    /// Whether the variant is in a region: it has a base of it or, as an insertion or a break between two bases, both of them are.
    pub(crate) fn is_in(&self, start: i32, end: i32) -> bool {
        let (first, last) = self.region();
        if self.is_between_bases() {
            start <= first && last <= end
        } else {
            start <= last && first <= end
        }
    }

    /// Whether it is an insertion or a break, and copies no bases of structural size.
    pub(crate) fn is_between_bases(&self) -> bool {
        let (start, end) = self.span();
        start > end && self.copied().is_none()
    }

    /// First and last base that the variant affects: its span, or the bases that a tandem duplication
    /// copies.
    pub(crate) fn reach(&self) -> (i32, i32) {
        match self {
            Self::Sequence(places) => places.reach(),
            Self::Structural(_) => self.span(),
        }
    }
}
