//! The steps of all modes before consequences: parse, check and count a record, and compare its REF
//! with the reference.

use crate::error::InputError;
use crate::reference::{ContigView, Reference};
use crate::report::Counts;
use gas_shared::summary::Density;
use gas_shared::variant::VariantType;
use gas_shared::vcf::{InputLimits, Record, check_record, parse_record};

/// Parses, checks and counts records. Each thread has its own.
pub(crate) struct RecordPrepass<'r> {
    pub(crate) reference: &'r Reference,
    samples: usize,
    pub(crate) limits: InputLimits,
    contig_name: Vec<u8>,
    contig: Option<ContigView<'r>>,
    contig_records: u64,
    density: Density,
    /// The counts so far, without those of the current contig.
    pub(crate) counts: Counts,
}

impl<'r> RecordPrepass<'r> {
    pub(crate) fn new(reference: &'r Reference, samples: usize) -> Self {
        Self {
            reference,
            samples,
            limits: InputLimits::DEFAULT,
            contig_name: Vec::new(),
            contig: None,
            contig_records: 0,
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
        let record = parse_record(line).map_err(|e| e.at(number))?;
        check_record(&record, self.samples, &self.limits).map_err(|e| e.at(number))?;
        self.start_contig(record.chrom);
        self.counts.records += 1;
        self.contig_records += 1;
        self.counts.histograms.add_qual(record.qual);
        match self.contig {
            Some(_) => self.density.add(record.pos),
            None => self.counts.unknown_contig += 1,
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
        self.contig = self.reference.contig(name);
        self.density = Density::new(self.contig.map_or(0, |c| c.sequence.len() as u64));
    }

    fn finish_contig(&mut self) {
        if self.contig_records == 0 {
            return;
        }
        self.counts.add_contig(&self.contig_name, self.contig_records);
        if self.contig.is_some() {
            self.counts.histograms.add_density(&self.contig_name, &self.density);
        }
        self.contig_records = 0;
    }

    /// Compares REF with the reference; `false` if they differ.
    pub(crate) fn check_reference(&mut self, contig: &ContigView<'_>, record: &Record<'_>) -> bool {
        let reference = record.reference;
        let start = record.pos as i64;
        let end = start + reference.len() as i64 - 1;
        if start < 1 || !reference.iter().all(u8::is_ascii_alphabetic) {
            return true;
        }
        self.counts.ref_checked += 1;
        let bases = i32::try_from(end).ok().and_then(|end| contig.bases(start as i32, end));
        let same = bases.is_some_and(|bases| {
            bases == reference
                || bases.iter().zip(reference).all(|(a, b)| {
                    // N matches any base.
                    *a == b.to_ascii_uppercase() || *a == b'N' || b.eq_ignore_ascii_case(&b'N')
                })
        });
        self.counts.ref_mismatches += u64::from(!same);
        same
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
