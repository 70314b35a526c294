//! Sets of Sequence Ontology terms.

use gas_shared::variant::{Impact, SoTerm};

/// A set of Sequence Ontology terms, as a bit per term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SoTerms(u64);

impl SoTerms {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// The set with a single term.
    pub const fn of(term: SoTerm) -> Self {
        Self(1 << term as u8)
    }

    /// Adds a term.
    #[inline]
    pub const fn insert(&mut self, term: SoTerm) {
        self.0 |= 1 << term as u8;
    }

    /// Whether the term is in the set.
    #[inline]
    pub const fn contains(self, term: SoTerm) -> bool {
        self.0 & (1 << term as u8) != 0
    }

    /// Whether the sets share a term.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The terms of both sets.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The terms from the most to the least severe.
    pub fn iter(self) -> impl Iterator<Item = SoTerm> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let next = *SoTerm::ALL.get(bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(next)
        })
    }

    /// The most severe term.
    pub fn most_severe(self) -> Option<SoTerm> {
        self.iter().next()
    }

    /// The impact of the most severe term.
    pub fn impact(self) -> Impact {
        self.most_severe().map_or(Impact::Modifier, SoTerm::impact)
    }

    /// Appends the terms, separated by `&`.
    pub fn write(self, out: &mut Vec<u8>) {
        for (n, term) in self.iter().enumerate() {
            if n > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(term.as_str().as_bytes());
        }
    }
}

impl FromIterator<SoTerm> for SoTerms {
    fn from_iter<I: IntoIterator<Item = SoTerm>>(terms: I) -> Self {
        let mut set = Self::EMPTY;
        terms.into_iter().for_each(|term| set.insert(term));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_ordered_by_severity() {
        let set: SoTerms =
            [SoTerm::Intron, SoTerm::SpliceDonor, SoTerm::Missense].into_iter().collect();
        let mut text = Vec::new();
        set.write(&mut text);
        assert_eq!(text, b"splice_donor_variant&missense_variant&intron_variant");
        assert_eq!(set.impact(), Impact::High);
        assert!(SoTerm::ALL.len() < 64);
    }
}
