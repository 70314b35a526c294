//! Structural variants: symbolic alleles and breakends (VCF 4.5, sections 1.6.1.5 and 5).

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
