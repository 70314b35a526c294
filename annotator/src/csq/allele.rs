//! The sequence alleles of a record in their minimal form.

use crate::allele::Allele;
use crate::reference::ContigView;
use gas_shared::vcf::{AltKind, Record};

/// An alternative allele of a record.
#[derive(Clone, Copy)]
pub(crate) struct RecordAllele<'a> {
    /// ALT number, from 1.
    pub(crate) number: u16,
    /// The allele in minimal form, where the record places it, in upper case.
    pub(crate) minimal: Allele<'a>,
}

impl RecordAllele<'_> {
    const NONE: Self =
        Self { number: 0, minimal: Allele { start: 0, end: -1, reference: b"", alt: b"" } };

    /// Whether the allele is a substitution of one base.
    #[inline]
    pub(crate) const fn is_snv(&self) -> bool {
        self.minimal.reference.len() == 1 && self.minimal.alt.len() == 1
    }

    /// Whether both alleles are SNVs at the same position, which touch the same features.
    pub(crate) const fn is_at_base_of(&self, other: &Self) -> bool {
        self.is_snv() && other.is_snv() && self.minimal.start == other.minimal.start
    }
}

/// REF and ALT in upper case. They are copied to `buffer` only if necessary.
pub(crate) fn upper_case<'a>(record: &Record<'a>, buffer: &'a mut Vec<u8>) -> (&'a [u8], &'a [u8]) {
    let lower = |text: &[u8]| text.iter().any(u8::is_ascii_lowercase);
    if !lower(record.reference) && !lower(record.alt) {
        return (record.reference, record.alt);
    }
    buffer.clear();
    buffer.extend(record.reference.iter().chain(record.alt).map(u8::to_ascii_uppercase));
    buffer.split_at(record.reference.len())
}

/// The sequence alleles of a record. Up to four need no allocation.
pub(crate) struct Alleles<'a> {
    few: [RecordAllele<'a>; 4],
    len: usize,
    many: Vec<RecordAllele<'a>>,
}

impl<'a> Alleles<'a> {
    pub(crate) fn new(pos: i32, reference: &'a [u8], alts: &'a [u8]) -> Self {
        let mut out = Self { few: [RecordAllele::NONE; 4], len: 0, many: Vec::new() };
        for (number, alt) in (1..=u16::MAX).zip(alts.split(|b| *b == b',')) {
            let kind = AltKind::of(alt).filter(|kind| kind.is_variant(reference, alt));
            if kind == Some(AltKind::Sequence) {
                let minimal = Allele::new(pos, reference, alt);
                out.push(RecordAllele { number, minimal });
            }
        }
        out
    }

    fn push(&mut self, allele: RecordAllele<'a>) {
        if let Some(slot) = self.few.get_mut(self.len) {
            *slot = allele;
        } else {
            if self.many.is_empty() {
                self.many.extend_from_slice(&self.few);
            }
            self.many.push(allele);
        }
        self.len += 1;
    }

    pub(crate) fn as_slice(&self) -> &[RecordAllele<'a>] {
        if self.many.is_empty() { &self.few[..self.len] } else { &self.many }
    }
}

/// A base of the contig; `N` outside the contig.
#[inline]
pub(crate) fn base(contig: &ContigView<'_>, pos: i32) -> u8 {
    contig.bases(pos, pos).map_or(b'N', |bases| bases[0])
}
