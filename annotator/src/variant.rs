//! The alternative alleles of a record, with VEP's coordinates.

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

/// The kind of a structural variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StructuralKind {
    /// `<DEL>`
    Deletion,
    /// `<DUP>`
    Duplication,
    /// `<INS>`
    Insertion,
    /// `<INV>`, `<CNV>`, breakends and all others.
    Other,
}

/// A symbolic allele or breakend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StructuralVariant {
    /// The kind.
    pub kind: StructuralKind,
    /// First affected position.
    pub start: i32,
    /// Last affected position.
    pub end: i32,
}

/// How far the structural alleles of a record reach: END and SVLEN. INFO is searched once per record,
/// however many alleles it has.
pub(crate) struct Reach<'a> {
    info: &'a [u8],
    /// END, and the absolute value of SVLEN.
    read: Option<(Option<i64>, Option<i64>)>,
}

impl<'a> Reach<'a> {
    /// Will read INFO when it is needed.
    pub(crate) const fn new(info: &'a [u8]) -> Self {
        Self { info, read: None }
    }

    fn end(&mut self, pos: i32) -> Option<i64> {
        let info = self.info;
        let (end, length) = *self.read.get_or_insert_with(|| {
            let number = |key: &[u8]| {
                let value = info.split(|b| *b == b';').find_map(|field| field.strip_prefix(key))?;
                let first = value.split(|b| *b == b',').next()?;
                std::str::from_utf8(first).ok()?.parse::<i64>().ok()
            };
            (number(b"END="), number(b"SVLEN=").map(i64::saturating_abs))
        });
        end.or(length.map(|length| i64::from(pos).saturating_add(length)))
    }
}

impl StructuralVariant {
    /// Reads an ALT of a record at `pos` (VCF 4.5, section 5). `limit` is the length of the contig.
    pub(crate) fn read(pos: i32, alt: &[u8], reach: &mut Reach<'_>, limit: i32) -> Self {
        let name = alt.strip_prefix(b"<").and_then(|a| a.strip_suffix(b">"));
        let kind = match name.map(|n| n.split(|b| *b == b':').next().unwrap_or_default()) {
            Some(b"DEL") => StructuralKind::Deletion,
            Some(b"DUP") => StructuralKind::Duplication,
            Some(b"INS") => StructuralKind::Insertion,
            _ => StructuralKind::Other,
        };
        let start = pos.saturating_add(1);
        let end = match (kind, name) {
            (StructuralKind::Insertion, _) | (_, None) => i64::from(pos),
            _ => reach.end(pos).unwrap_or(i64::from(start)),
        };
        // A file may contain ends before the start or outside the contig. They are not fatal.
        let end = end.clamp(i64::from(pos), i64::from(limit.max(pos))) as i32;
        Self { kind, start, end }
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

    #[test]
    fn the_end_is_read_from_end_or_svlen_and_stays_on_the_contig() {
        let read = |alt: &str, info: &str| {
            StructuralVariant::read(100, alt.as_bytes(), &mut Reach::new(info.as_bytes()), 1000)
        };
        let deletion = |end| StructuralVariant { kind: StructuralKind::Deletion, start: 101, end };
        assert_eq!(read("<DEL>", "X=1;END=200"), deletion(200));
        assert_eq!(read("<DEL:ME>", "SVLEN=-50"), deletion(150));
        assert_eq!(read("<DEL>", "END=99999999999"), deletion(1000));
        assert_eq!(read("<DEL>", "END=5"), deletion(100));
        assert_eq!(read("G]17:1]", "END=500").end, 100);
        assert_eq!(read("<INS>", ".").kind, StructuralKind::Insertion);
    }
}
