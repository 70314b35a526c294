//! The steps of all modes before consequences: parse, check and count a record, and compare its REF
//! with the reference.

use crate::error::InputError;
use crate::reference::{ContigView, Reference};
use crate::report::{AnnotationGap, Counts};
use crate::structural_variant::StructuralProblem;
use gas_shared::assembly::is_mitochondrial;
use gas_shared::summary::Density;
use gas_shared::variant::VariantType;
use gas_shared::vcf::{AltKind, InputLimits, Record, check_record, parse_record};
use std::collections::HashSet;

/// Options of both modes: which records are accepted, and which of them are annotated.
#[derive(Clone, Debug)]
pub(crate) struct RecordOptions {
    /// Limits of a record.
    pub(crate) limits: InputLimits,
    /// Whether records whose REF differs from the reference are annotated nevertheless.
    pub(crate) annotates_mismatches: bool,
    /// Contigs that are not annotated, because the reference has another sequence of that name.
    pub(crate) excluded_contigs: HashSet<Box<[u8]>>,
}

impl Default for RecordOptions {
    fn default() -> Self {
        Self {
            limits: InputLimits::DEFAULT,
            annotates_mismatches: false,
            excluded_contigs: HashSet::new(),
        }
    }
}

/// Parses, checks and counts records. Each thread has its own.
pub(crate) struct RecordReader<'r> {
    pub(crate) reference: &'r Reference,
    samples: usize,
    pub(crate) options: RecordOptions,
    /// Whether a REF that runs beyond the end of the contig is compared up to there, and is
    /// [`AnnotationGap::BeyondContig`] only if it differs.
    pub(crate) annotates_cut_reference: bool,
    line_number: u64,
    contig_name: Vec<u8>,
    contig: Option<ContigView<'r>>,
    contig_records: u64,
    /// [`Counts::ref_checked`] and [`Counts::ref_mismatches`] before the current contig.
    checks_before: (u64, u64),
    density: Density,
    /// The counts so far, without those of the current contig.
    pub(crate) counts: Counts,
}

impl<'r> RecordReader<'r> {
    pub(crate) fn new(reference: &'r Reference, samples: usize) -> Self {
        Self {
            reference,
            samples,
            options: RecordOptions::default(),
            annotates_cut_reference: false,
            line_number: 0,
            contig_name: Vec::new(),
            contig: None,
            contig_records: 0,
            checks_before: (0, 0),
            density: Density::default(),
            counts: Counts::default(),
        }
    }

    /// Parses a line (without its line ending) and counts the record.
    pub(crate) fn read<'l>(
        &mut self,
        number: u64,
        line: &'l [u8],
    ) -> Result<Record<'l>, InputError> {
        let mut record = parse_record(line).map_err(|e| e.at(number))?;
        check_record(&record, self.samples, &self.options.limits).map_err(|e| e.at(number))?;
        if self.samples == 0 {
            // FORMAT without samples, which the header of the output does not have either.
            record.rest = None;
        }
        self.line_number = number;
        self.start_contig(record.chrom);
        self.counts.records += 1;
        self.contig_records += 1;
        self.counts.histograms.add_qual(record.qual);
        if self.contig.is_some() {
            self.density.add(record.pos);
        }
        Ok(record)
    }

    /// The contig of the last record; `None` if the reference does not have it.
    #[inline]
    pub(crate) fn contig(&self) -> Option<ContigView<'r>> {
        self.contig
    }

    /// Returns the complete counts.
    pub(crate) fn into_counts(mut self) -> Counts {
        self.finish_contig();
        self.counts
    }

    #[inline]
    fn start_contig(&mut self, name: &[u8]) {
        if self.contig_records > 0 && self.contig_name == name {
            return;
        }
        self.finish_contig();
        self.contig_name.clear();
        self.contig_name.extend_from_slice(name);
        let excluded_contigs = &self.options.excluded_contigs;
        let is_withheld = !excluded_contigs.is_empty() && excluded_contigs.contains(name);
        self.contig = self.reference.contig(name).filter(|_| !is_withheld);
        self.checks_before = (self.counts.ref_checked, self.counts.ref_mismatches);
        self.density = Density::new(self.contig.map_or(0, |c| c.sequence.len() as u64));
    }

    fn finish_contig(&mut self) {
        if self.contig_records == 0 {
            return;
        }
        self.counts.add_contig(&self.contig_name, self.contig_records);
        if let Some(contig) = self.contig {
            self.counts.histograms.add_density(&self.contig_name, &self.density);
            if is_mitochondrial(contig.name) {
                let (checked, mismatches) = self.checks_before;
                let checks = &mut self.counts.mitochondrial_checks;
                checks.0 += self.counts.ref_checked - checked;
                checks.1 += self.counts.ref_mismatches - mismatches;
            }
        }
        self.contig_records = 0;
    }

    /// Finds the reason why the current record has no annotation, whatever its alleles are. The other
    /// result is the contig if the record is to be annotated: without a reason, and where REF differs
    /// and the operator asks for annotation.
    #[inline]
    pub(crate) fn find_gap(
        &mut self,
        record: &Record<'_>,
    ) -> (Option<AnnotationGap>, Option<ContigView<'r>>) {
        let gap = match self.contig {
            None => AnnotationGap::OutsideReference,
            Some(contig) => match self.compare_reference(&contig, record) {
                None => return (None, Some(contig)),
                Some(gap) => gap,
            },
        };
        (Some(gap), self.contig.filter(|_| self.is_annotated(gap)))
    }

    /// Counts the reason why the current record has no annotation, and returns it. A record without a
    /// variant lacks no annotation, wherever it is: blocks of a gVCF on other contigs are not gaps of
    /// the reference.
    #[inline]
    pub(crate) fn count_gap(
        &mut self,
        gap: Option<AnnotationGap>,
        has_variants: bool,
    ) -> Option<AnnotationGap> {
        let gap = if has_variants { gap? } else { AnnotationGap::NotAVariant };
        if !self.is_annotated(gap) {
            self.counts.add_gap(gap);
        }
        Some(gap)
    }

    /// Whether records with this reason are annotated nevertheless.
    pub(crate) fn is_annotated(&self, gap: AnnotationGap) -> bool {
        gap == AnnotationGap::RefMismatch && self.options.annotates_mismatches
    }

    /// Compares POS and REF with the reference.
    fn compare_reference(
        &mut self,
        contig: &ContigView<'_>,
        record: &Record<'_>,
    ) -> Option<AnnotationGap> {
        let reference = record.reference;
        let may_be_cut = self.annotates_cut_reference;
        let bases = |length: usize| {
            let start = usize::try_from(record.pos).ok()?.checked_sub(1)?;
            let (last, end) = (contig.sequence.len(), start.checked_add(length)?);
            let cut = may_be_cut && start < last;
            contig.sequence.get(start..if cut { end.min(last) } else { end })
        };
        if let Some(bases) = bases(reference.len())
            && bases == reference
        {
            // Nearly all: upper-case bases that agree.
            let ambiguous = bases.iter().any(|base| !matches!(base, b'A' | b'C' | b'G' | b'T'));
            self.count_agreement(ambiguous);
            return None;
        }
        if is_at_telomere(record, contig.sequence.len() as u64) {
            return None;
        }
        // `.` is an unknown REF, which is compared with nothing.
        if !reference.iter().all(u8::is_ascii_alphabetic) {
            return bases(1).is_none().then_some(AnnotationGap::BeyondContig);
        }
        let Some(bases) = bases(reference.len()) else { return Some(AnnotationGap::BeyondContig) };
        let mut ambiguous = false;
        for (a, b) in bases.iter().zip(reference) {
            let (a, b) = (possible_bases(*a), possible_bases(*b));
            if a & b == 0 {
                if bases.len() < reference.len() {
                    return Some(AnnotationGap::BeyondContig);
                }
                self.counts.ref_checked += 1;
                self.counts.ref_mismatches += 1;
                return Some(AnnotationGap::RefMismatch);
            }
            ambiguous |= !a.is_power_of_two() || !b.is_power_of_two();
        }
        self.count_agreement(ambiguous);
        None
    }

    /// A REF that agrees only by an ambiguity code says nothing about the assembly.
    #[inline]
    const fn count_agreement(&mut self, ambiguous: bool) {
        if ambiguous {
            self.counts.ref_ambiguous += 1;
        } else {
            self.counts.ref_checked += 1;
        }
    }

    /// Counts a problem with an allele of the current record, which has this INFO.
    pub(crate) fn count_structural_problem(
        &mut self,
        problem: Option<StructuralProblem>,
        info: &[u8],
    ) {
        if let Some(problem) = problem {
            self.counts.structural_problems.add(problem, self.line_number, info);
        }
    }

    /// Counts the alleles of a record and returns how many of them are variants.
    pub(crate) fn count_alleles(&mut self, record: &Record<'_>) -> usize {
        let mut variants = 0;
        for alt in record.alt.split(|b| *b == b',') {
            variants += 1;
            match AltKind::of(alt).filter(|kind| kind.is_variant(record.reference, alt)) {
                Some(AltKind::Sequence) => self.count_sequence(record.reference, alt),
                Some(AltKind::Symbolic | AltKind::Breakend) => {
                    self.counts.add_kind(VariantType::Structural, record.reference, alt);
                }
                _ => {
                    self.counts.add_kind(VariantType::Other, record.reference, alt);
                    variants -= 1;
                }
            }
        }
        self.counts.multiallelic += u64::from(variants > 1);
        variants
    }

    /// Counts a sequence allele and checks whether it is left-aligned.
    #[inline]
    pub(crate) fn count_sequence(&mut self, reference: &[u8], alt: &[u8]) {
        let kind = VariantType::of_sequences(reference, alt);
        self.counts.add_kind(kind, reference, alt);
        if reference.len() != alt.len() {
            self.counts.not_left_aligned += u64::from(is_shiftable_left(reference, alt));
        }
    }
}

/// Whether a record is a structural variant at a telomere: before the first base of the contig, where POS
/// is 0, or after the last one (VCF 4.5, section 1.6.1). There is no base to compare; after the last base
/// REF must say so, since the reference may have a part of the contig only.
fn is_at_telomere(record: &Record<'_>, length: u64) -> bool {
    let is_unknown = || matches!(record.reference, b"N" | b"n" | b".");
    (record.pos == 0 && record.reference.len() == 1 || record.pos == length + 1 && is_unknown())
        && record.alt.split(|b| *b == b',').all(|alt| AltKind::of(alt) != Some(AltKind::Sequence))
}

/// Whether two sequences agree, in either case and with ambiguity codes.
pub(crate) fn agrees(bases: &[u8], others: &[u8]) -> bool {
    let agree = |(a, b): (&u8, &u8)| possible_bases(*a) & possible_bases(*b) != 0;
    bases.len() == others.len() && bases.iter().zip(others).all(agree)
}

/// The bases that an IUPAC code stands for, as a set of bits (NC-IUB 1985). Other letters stand for
/// any base, as `N` does.
const fn possible_bases(code: u8) -> u8 {
    const A: u8 = 1;
    const C: u8 = 2;
    const G: u8 = 4;
    const T: u8 = 8;
    match code.to_ascii_uppercase() {
        b'A' => A,
        b'C' => C,
        b'G' => G,
        b'T' | b'U' => T,
        b'R' => A | G,
        b'Y' => C | T,
        b'S' => C | G,
        b'W' => A | T,
        b'K' => G | T,
        b'M' => A | C,
        b'B' => C | G | T,
        b'D' => A | G | T,
        b'H' => A | C | T,
        b'V' => A | C | G,
        _ => A | C | G | T,
    }
}

/// Whether an indel is not left-aligned (Tan et al. 2015, Bioinformatics 31:2202): one allele is a
/// suffix of the other, so both can be shifted to the left.
fn is_shiftable_left(reference: &[u8], alt: &[u8]) -> bool {
    let shorter = reference.len().min(alt.len());
    let pairs = reference.iter().rev().zip(alt.iter().rev());
    let shared = pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    shorter > 0 && shared == shorter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indel_is_left_aligned_unless_an_allele_is_a_suffix_of_the_other() {
        for (reference, alt, expected) in [
            ("A", "AA", true),
            ("AA", "A", true),
            ("CA", "C", false),
            ("CA", "CAA", false),
            ("CAA", "CA", false),
            ("TCA", "CA", true),
            ("C", "GATc", true),
        ] {
            assert_eq!(
                is_shiftable_left(reference.as_bytes(), alt.as_bytes()),
                expected,
                "{reference}>{alt}"
            );
        }
    }
}
