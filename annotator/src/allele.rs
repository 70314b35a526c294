//! An alternative allele with a known sequence, in its minimal form.

use gas_shared::variant::without_shared_ends;
use gas_shared::vcf::AltKind;

/// An upper bound on genomic positions. Sums of two smaller positions do not overflow `i32`.
pub(crate) const MAX_POSITION: i32 = 1 << 30;

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

impl<'a> Allele<'a> {
    /// An allele of a record at `pos` in minimal form: without the bases that REF and ALT share at
    /// their ends. Other alleles of the record do not matter.
    #[inline]
    pub fn new(pos: i32, reference: &'a [u8], alt: &'a [u8]) -> Self {
        let (head, reference, alt) = without_shared_ends(reference, alt);
        let start = pos + head as i32;
        Self { start, end: start + reference.len() as i32 - 1, reference, alt }
    }

    /// Whether ALT is REF, so that the minimal form is empty.
    #[inline]
    pub const fn is_reference(&self) -> bool {
        self.reference.is_empty() && self.alt.is_empty()
    }

    /// The part of a substitution of as many bases in a region that it overlaps, in minimal form.
    pub(crate) fn part_in(&self, start: i32, end: i32) -> Option<Self> {
        if self.reference.len() != self.alt.len() || !self.overlaps(start, end) {
            return None;
        }
        let (start, end) = (start.max(self.start), end.min(self.end));
        let bases = (start - self.start) as usize..(end - self.start + 1) as usize;
        Some(Self::new(start, &self.reference[bases.clone()], &self.alt[bases]))
    }

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

    /// Whether the allele changes a base of a region. Bases between the first and the last changed
    /// base can be equal in REF and ALT: those at the same distance from the start, or, if the
    /// lengths differ, a whole region inside the allele that has its bases at the same distance from
    /// the start or from the end.
    #[inline]
    pub fn changes(&self, start: i32, end: i32) -> bool {
        self.overlaps(start, end)
            && (self.reference.len() < 3 || self.alt.len() < 3 || self.changes_between(start, end))
    }

    /// [`Self::changes`] of an allele that can have equal bases between changed ones.
    #[cold]
    fn changes_between(&self, start: i32, end: i32) -> bool {
        let (from, to) = (start.max(self.start) - self.start, end.min(self.end) - self.start + 1);
        let (from, to) = (from as usize, to as usize);
        let same_at = |alt_from: Option<usize>| {
            let alt = alt_from.and_then(|n| self.alt.get(n..n + to - from));
            alt.is_some_and(|alt| alt.eq_ignore_ascii_case(&self.reference[from..to]))
        };
        if self.reference.len() == self.alt.len() {
            return !same_at(Some(from));
        }
        let inside = self.start < start && end < self.end;
        let from_end = (from + self.alt.len()).checked_sub(self.reference.len());
        !(inside && (same_at(Some(from)) || same_at(from_end)))
    }

    /// The bases that an insertion or deletion adds or removes; `None` for all others, which cannot
    /// be shifted in minimal form.
    #[inline]
    pub const fn moving_bases(&self) -> Option<&'a [u8]> {
        match (self.reference, self.alt) {
            ([], alt @ [_, ..]) => Some(alt),
            (reference @ [_, ..], []) => Some(reference),
            _ => None,
        }
    }
}

/// Whether VEP removes the first base of REF and all ALTs from the alleles that it shows: they begin
/// with the same base and their lengths differ. Symbolic alleles and breakends have no first base.
pub(crate) fn shows_without_first_base(reference: &[u8], alts: &[u8]) -> bool {
    let Some(first) = reference.first() else { return false };
    let mut unequal = false;
    for alt in alts.split(|b| *b == b',') {
        match AltKind::of(alt) {
            Some(AltKind::Symbolic | AltKind::Breakend) => continue,
            Some(AltKind::Placeholder) => {
                unequal |= alt.len() != reference.len();
                continue;
            }
            _ => {}
        }
        if !alt.first().is_some_and(|b| b.eq_ignore_ascii_case(first)) {
            return false;
        }
        unequal |= alt.len() != reference.len();
    }
    unequal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vep_shows_alleles_without_the_shared_first_base_only_if_lengths_differ() {
        assert!(shows_without_first_base(b"CAGT", b"C"));
        assert!(shows_without_first_base(b"CA", b"C,CAA"));
        assert!(!shows_without_first_base(b"CA", b"C,T"));
        assert!(!shows_without_first_base(b"CA", b"CT"));
        assert!(shows_without_first_base(b"CA", b"C,*"));
        assert!(shows_without_first_base(b"CA", b"C,<NON_REF>"));
        assert!(!shows_without_first_base(b"C", b"T,<NON_REF>"));
    }

    fn allele(start: i32, reference: &'static str, alt: &'static str) -> Allele<'static> {
        let end = start + reference.len() as i32 - 1;
        Allele { start, end, reference: reference.as_bytes(), alt: alt.as_bytes() }
    }

    #[test]
    fn an_allele_has_one_minimal_form_however_it_is_padded() {
        for (reference, alt, minimal) in [
            ("CAGT", "C", allele(11, "AGT", "")),
            ("C", "CA", allele(11, "", "A")),
            ("CAA", "CA", allele(11, "A", "")),
            ("ACG", "ATG", allele(11, "C", "T")),
            ("TG", "GG", allele(10, "T", "G")),
            ("ctTCT", "T", allele(10, "ctTC", "")),
            ("CA", "CTA", allele(11, "", "T")),
            ("ACCT", "TAGC", allele(10, "ACCT", "TAGC")),
        ] {
            let got = Allele::new(10, reference.as_bytes(), alt.as_bytes());
            assert_eq!(got, minimal, "{reference}>{alt}");
        }
        assert!(Allele::new(10, b"ac", b"AC").is_reference());
        let insertion = Allele::new(10, b"C", b"CA");
        assert!(
            insertion.is_insertion() && !insertion.overlaps(11, 20) && insertion.overlaps(10, 11)
        );
    }

    #[test]
    fn bases_between_the_changed_ones_are_not_changed() {
        let mnv = allele(10, "CAGG", "TAGC");
        assert!(!mnv.changes(11, 12) && mnv.changes(10, 11) && mnv.changes(12, 15));
        let longer = allele(10, "CAGGA", "TAGCCC");
        assert!(!longer.changes(11, 12) && longer.changes(11, 13) && longer.changes(9, 12));
        let longer_before = allele(10, "CAGGA", "TTTCAGGC");
        assert!(!longer_before.changes(11, 12));
        assert!(allele(10, "CAGG", "").changes(11, 12));
        assert!(!allele(10, "CAGG", "").changes(14, 15));
    }
}
