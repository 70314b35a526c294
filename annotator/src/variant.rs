//! The alleles of a record in VEP's coordinates.

use gas_shared::vcf::AltKind;

/// An alternative allele on the forward strand. For an insertion `start` is `end + 1`: it lies
/// between the bases `end` and `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allele<'a> {
    /// First reference base replaced.
    pub start: i32,
    /// Last reference base replaced.
    pub end: i32,
    /// Bases replaced; empty for an insertion.
    pub reference: &'a [u8],
    /// Bases put in their place; empty for a deletion.
    pub alt: &'a [u8],
}

impl Allele<'_> {
    /// Whether nothing of the reference is replaced.
    #[inline]
    pub const fn is_insertion(&self) -> bool {
        self.start > self.end
    }

    /// Whether `start..=end` touches a region. An insertion touches it where it lies inside.
    #[inline]
    pub const fn overlaps(&self, start: i32, end: i32) -> bool {
        self.end >= start && self.start <= end
    }
}

/// Whether all alleles of a record begin with the same base and one differs in length: VEP then
/// leaves that base out.
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
    /// An allele of a record; `drop_first` is [`drops_first_base`] of the whole record.
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
    fn the_shared_first_base_is_left_out_only_where_lengths_differ() {
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
