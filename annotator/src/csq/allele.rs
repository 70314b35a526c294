//! The alleles of a record and the reference sequence around them.

use crate::allele::Allele;
use crate::reference::ContigView;
use gas_shared::vcf::{AltKind, Record};

/// An alternative allele as the record writes it, in upper case.
#[derive(Clone, Copy, Default)]
pub(crate) struct RecordAllele<'a> {
    /// Position of REF's first base.
    pub(crate) pos: i32,
    pub(crate) reference: &'a [u8],
    pub(crate) alt: &'a [u8],
    /// ALT number, from 1.
    pub(crate) number: u16,
    /// Number of bases that both alleles start with, after removing `shared_end`.
    pub(crate) shared_start: i32,
    /// Number of bases that both alleles end with.
    pub(crate) shared_end: i32,
}

impl<'a> RecordAllele<'a> {
    pub(crate) fn new(pos: i32, reference: &'a [u8], alt: &'a [u8], number: u16) -> Self {
        let pairs = reference.iter().rev().zip(alt.iter().rev());
        let shared_end = pairs.take_while(|(a, b)| a == b).count();
        let left = reference[..reference.len() - shared_end].iter();
        let pairs = left.zip(&alt[..alt.len() - shared_end]);
        let shared_start = pairs.take_while(|(a, b)| a == b).count();
        Self {
            pos,
            reference,
            alt,
            number,
            shared_start: shared_start as i32,
            shared_end: shared_end as i32,
        }
    }

    /// The deletion of all `bases` but the first one, which is at `pos`.
    pub(crate) fn deletion(pos: i32, bases: &'a [u8], number: u16) -> Self {
        let alt = bases.get(..1).unwrap_or_default();
        Self { pos, reference: bases, alt, number, shared_start: 1, shared_end: 0 }
    }

    /// The allele without the bases that REF and ALT share at their ends.
    #[inline]
    pub(crate) fn minimal(&self) -> Allele<'a> {
        let (head, tail) = (self.shared_start as usize, self.shared_end as usize);
        let reference = &self.reference[head..self.reference.len() - tail];
        let alt = &self.alt[head..self.alt.len() - tail];
        let start = self.pos + self.shared_start;
        Allele { start, end: start + reference.len() as i32 - 1, reference, alt }
    }

    /// Length of REF.
    #[inline]
    pub(crate) const fn ref_len(&self) -> i32 {
        self.reference.len() as i32
    }

    /// Length of ALT.
    #[inline]
    pub(crate) const fn alt_len(&self) -> i32 {
        self.alt.len() as i32
    }

    /// Whether several bases are replaced by several bases of another number.
    pub(crate) const fn is_complex(&self) -> bool {
        let shared = self.shared_start + self.shared_end;
        self.ref_len() != self.alt_len()
            && self.ref_len() - shared > 1
            && self.alt_len() - shared > 1
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
        let mut out = Self { few: [RecordAllele::default(); 4], len: 0, many: Vec::new() };
        for (number, alt) in (1..=u16::MAX).zip(alts.split(|b| *b == b',')) {
            let kind = AltKind::of(alt).filter(|kind| kind.is_variant(reference, alt));
            if kind == Some(AltKind::Sequence) {
                out.push(RecordAllele::new(pos, reference, alt, number));
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

/// The bases of a window of the genome without and with an allele. The memory is reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

impl Window {
    pub(crate) fn clear(&mut self) {
        self.before.clear();
        self.after.clear();
    }

    /// Takes `len` bases from position `from` of the reference, and of the sequence with the
    /// allele. `first` and `last` are the ends of the transcript. A window that begins before
    /// `first` stays empty, and none extends past `last`.
    pub(crate) fn fill(
        &mut self,
        contig: &ContigView<'_>,
        allele: &RecordAllele<'_>,
        from: i32,
        len: i32,
        (first, last): (i32, i32),
    ) {
        self.clear();
        if from < first || len <= 0 {
            return;
        }
        let after = allele.pos + allele.ref_len();
        self.fill_before(contig, allele, from, len, last);
        let mut skipped = from - allele.pos;
        if skipped < 0 {
            append(&mut self.after, contig, from, -skipped);
            skipped = 0;
        }
        if skipped < allele.alt_len() && (self.after.len() as i32) < len {
            let wanted = (len - self.after.len() as i32).min(allele.alt_len() - skipped);
            let from = skipped as usize;
            self.after.extend_from_slice(&allele.alt[from..from + wanted as usize]);
            skipped -= wanted;
        }
        // If the window begins after ALT, `skipped` counts from an ALT of one base.
        let skipped = if skipped < 0 { 0 } else { skipped - 1 };
        let missing = len - self.after.len() as i32;
        if missing > 0 {
            let beyond = (after + missing - 1 + skipped - last).max(0);
            append(&mut self.after, contig, after + skipped, missing - beyond);
        }
    }

    fn fill_before(
        &mut self,
        contig: &ContigView<'_>,
        allele: &RecordAllele<'_>,
        from: i32,
        len: i32,
        last: i32,
    ) {
        // Only the bases of the allele itself may extend past the end of the transcript.
        let after = allele.pos + allele.ref_len();
        let head = (allele.pos - from).max(0);
        let inside = (after - from.max(allele.pos)).max(0).min((len - head).max(0));
        append(&mut self.before, contig, from, head + inside);
        let missing = len - self.before.len() as i32;
        if missing > 0 {
            let beyond = (after + missing - 1 - last).max(0);
            append(&mut self.before, contig, after, missing - beyond);
        }
    }

    /// Whether both sequences have the same `len` bases at offset `from`.
    pub(crate) fn same(&self, from: usize, len: usize) -> bool {
        let part = |bases: &Vec<u8>| bases.get(from..from + len).map(<[u8]>::to_vec);
        part(&self.before).is_some_and(|before| part(&self.after) == Some(before))
    }
}

/// Appends bases of the contig; `N` outside the contig.
pub(crate) fn append(out: &mut Vec<u8>, contig: &ContigView<'_>, from: i32, len: i32) {
    if len <= 0 {
        return;
    }
    if let Some(bases) = contig.bases(from, from + len - 1) {
        out.extend_from_slice(bases);
        return;
    }
    out.extend((from..from + len).map(|pos| base(contig, pos)));
}

/// A base of the contig; `N` outside the contig.
#[inline]
pub(crate) fn base(contig: &ContigView<'_>, pos: i32) -> u8 {
    contig.bases(pos, pos).map_or(b'N', |bases| bases[0])
}
