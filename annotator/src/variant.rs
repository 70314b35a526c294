//! An alternative allele of a record.

use crate::placements::Placements;
use crate::structural_variant::StructuralVariant;

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

    /// First and last base that the variant affects: its span, or the bases that a tandem duplication
    /// copies.
    pub(crate) fn reach(&self) -> (i32, i32) {
        match self {
            Self::Sequence(places) => places.reach(),
            Self::Structural(_) => self.span(),
        }
    }
}
