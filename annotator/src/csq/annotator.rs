//! The state of a [`CsqAnnotator`], and how it reports a consequence.
//!
//! The other modules add their step of the work to the type: [`features`](super::features) and
//! [`coding`](super::coding) compare a record with the gene models,
//! [`flush_transcript`](super::flush_transcript) reports haplotypes, [`write`](super::write) writes
//! buffered records, and [`process_record`](super::process_record) calls them in order.

use super::active_transcripts::ActiveTranscripts;
use super::coding_change::CodingScratch;
use super::flags::ConsequenceFlags;
use super::genotypes::Genotypes;
use super::haplotype_path::LeafScratch;
use super::header::KEY;
use super::model::{CodingSequence, CsqContig, CsqModel};
use super::options::CsqOptions;
use super::record_buffer::{Consequence, MergeKey, RecordBuffer};
use super::translate::{SplicedCds, Translations};
use crate::colocated::{ColocatedVariants, SourceSet};
use crate::consequence::AlleleConsequence;
use crate::info::OwnKeys;
use crate::placements::RotatedBases;
use crate::record_reader::{RecordOptions, RecordReader};
use crate::reference::{ContigView, Reference};
use crate::report::{AnnotationGap, Counts, GenotypeProblem};
use gas_sources::Damaged;
use std::collections::HashMap;
use std::collections::HashSet;

/// The consequences of the structural alleles of a record. An allele may touch ten thousands of
/// transcripts, each in many features.
#[derive(Debug, Default)]
pub(super) struct StructuralScratch {
    /// By transcript, ALT (0 for all) and class: the number of the consequence in the buffer.
    pub(super) reported: HashMap<(u32, u16, u32), u32>,
}

/// Buffers that are reused for each record.
#[derive(Default)]
pub(crate) struct RecordScratch {
    pub(super) translations: Translations,
    /// What the alleles of the record do to coding sequences.
    pub(super) coding: CodingScratch,
    /// What an allele does to a transcript.
    pub(super) consequence: AlleleConsequence,
    pub(super) rotated: RotatedBases,
    /// Parents and alleles that make no node.
    pub(super) rejected: HashSet<(u32, u16)>,
    pub(super) features: Vec<u32>,
    /// Transcripts that an allele touches.
    pub(super) transcripts: Vec<u32>,
    /// The consequences of the structural alleles of a record.
    pub(super) structural: StructuralScratch,
    pub(super) upper_case: Vec<u8>,
}

/// Annotates records with consequences in BCSQ format; one for each thread.
///
/// Records in coding sequence are buffered until no later record can change their haplotypes.
/// [`finish_chunk`](Self::finish_chunk) writes the remaining ones.
pub struct CsqAnnotator<'r> {
    pub(crate) records: RecordReader<'r>,
    pub(super) model: &'r CsqModel,
    pub(super) options: CsqOptions,
    pub(super) samples: usize,
    pub(super) own_keys: OwnKeys,
    pub(super) colocated: ColocatedVariants<'r>,
    pub(super) buffer: RecordBuffer,
    pub(super) genotypes: Genotypes,
    pub(super) scratch: RecordScratch,
    pub(super) leaf_scratch: LeafScratch,
    /// Transcripts whose haplotypes may still grow.
    pub(super) active: ActiveTranscripts,
    /// Contig and position of the last record.
    pub(super) position: Option<(ContigView<'r>, i32)>,
    /// Line number of the last record.
    pub(super) line_number: u64,
}

/// A contig of the reference with its models for this mode.
#[derive(Clone, Copy)]
pub(super) struct ContigContext<'r> {
    pub(super) contig: ContigView<'r>,
    pub(super) model: &'r CsqContig,
}

impl ContigContext<'_> {
    pub(super) fn merge_key(&self) -> impl Fn(u32) -> MergeKey {
        |transcript| MergeKey {
            biotype: self.model.biotypes[transcript as usize],
            gene: self.contig.model.transcripts[transcript as usize].gene,
        }
    }
}

impl<'r> CsqAnnotator<'r> {
    /// Creates an annotator for records with `samples` samples. `BCSQ` values that they have already
    /// are removed.
    pub fn new(
        reference: &'r Reference,
        model: &'r CsqModel,
        options: CsqOptions,
        samples: usize,
    ) -> Self {
        let mut records = RecordReader::new(reference, samples);
        // `bcftools csq` does the same.
        records.annotates_cut_reference = true;
        Self {
            records,
            model,
            options,
            samples,
            own_keys: OwnKeys::of_run(KEY, reference),
            colocated: ColocatedVariants::of_tracks(reference),
            buffer: RecordBuffer::new(samples, options.max_consequences.max(1)),
            genotypes: Genotypes::default(),
            scratch: RecordScratch::default(),
            leaf_scratch: LeafScratch::default(),
            active: ActiveTranscripts::default(),
            position: None,
            line_number: 0,
        }
    }

    /// Sets other options of a run than the defaults.
    pub(crate) fn with_options(mut self, options: &RecordOptions) -> Self {
        self.records.options = options.clone();
        self
    }

    /// Adds what sources know, as INFO keys.
    pub fn with_sources(mut self, sources: &'r SourceSet) -> Self {
        self.colocated = ColocatedVariants::new(self.records.reference, sources, true);
        self.own_keys.extend(sources.info_keys());
        self
    }

    /// Sets the most work on the whole file, in units of about a nanosecond.
    pub fn with_max_work(mut self, units: u64) -> Self {
        self.buffer.limit_work(units);
        self
    }

    /// Why a source cannot be read, if so. Records since then lack its values.
    pub(crate) fn damage(&self) -> Option<Damaged> {
        self.colocated.damage()
    }

    /// The counts so far, without those of the current contig.
    pub fn counts(&self) -> &Counts {
        &self.records.counts
    }

    /// The complete counts.
    pub fn into_counts(self) -> Counts {
        self.records.into_counts()
    }

    /// The spliced coding sequence of a transcript.
    pub(super) fn spliced<'h>(
        &self,
        context: &'h ContigContext<'r>,
        coding: &'h CodingSequence,
    ) -> SplicedCds<'h> {
        let transcript = &context.contig.model.transcripts[coding.transcript as usize];
        SplicedCds::new(&context.contig, transcript, coding, self.options.genetic_code)
    }

    /// Parses the genotypes of the current record if that has not happened yet. Most records do not
    /// need them.
    pub(super) fn read_genotypes(&mut self) {
        if self.samples == 0 || self.genotypes.is_read() {
            return;
        }
        let Some(record) = self.buffer.records.last() else { return };
        let line = self.buffer.line(record);
        let columns = line[record.info_end..].strip_prefix(b"\t");
        let alts = memchr::memchr_iter(b',', &line[record.alt.clone()]).count() + 1;
        self.genotypes.read(columns, alts);
        self.count_unusual_genotypes();
    }

    /// Counts the genotypes of the current record that cannot be used as they are.
    fn count_unusual_genotypes(&mut self) {
        let (invalid, first) = self.genotypes.invalid();
        let problems = &mut self.records.counts.genotype_problems;
        if invalid > 0 {
            problems.add(GenotypeProblem::Invalid, invalid, self.line_number, first);
            self.buffer.note(self.buffer.last(), AnnotationGap::InvalidGenotype);
        }
        if let Some(first) = self.genotypes.polyploid().first() {
            let count = self.genotypes.polyploid().len() as u64;
            problems.add(GenotypeProblem::Polyploid, count, self.line_number, first.sample);
            self.buffer.has_polyploid_genotypes();
        }
    }

    /// Reports a consequence at the current record, for every haplotype with its allele.
    pub(super) fn report(&mut self, context: &ContigContext<'_>, consequence: Consequence) {
        let allele = consequence.allele;
        let reported = self.buffer.add(self.buffer.last(), consequence, &context.merge_key());
        if allele > 0 {
            self.read_genotypes();
            self.buffer.mark_carriers(reported, allele, self.genotypes.samples());
        }
    }

    /// Reports a consequence without a change at the current record.
    pub(super) fn report_flags(
        &mut self,
        context: &ContigContext<'_>,
        flags: ConsequenceFlags,
        transcript: u32,
        allele: u16,
    ) {
        self.report(context, Consequence::new(flags, transcript, allele));
    }
}
