//! One record after the other: which features it touches, and what is said of it.

use super::CsqOptions;
use super::active::Active;
use super::allele::{Alleles, upper_case};
use super::flush_transcript::LeafScratch;
use super::genotypes::Genotypes;
use super::model::{CsqContig, CsqModel};
use super::record_buffer::{MergeKey, RecordBuffer};
use super::region::{RegionComparison, TranscriptContext};
use super::translate::Peptide;
use crate::annotate::has_rs_id;
use crate::error::InputError;
use crate::intake::Intake;
use crate::known::KnownText;
use crate::reference::{ContigView, Reference};
use crate::report::Counts;
use crate::variant::{self, MAX_POSITION, StructuralVariant, Variant};
use gas_shared::variant::VariantType;
use gas_shared::vcf::{AltKind, Record};

/// Buffers that are kept from record to record.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) before: Peptide,
    pub(crate) after: Peptide,
    pub(crate) codons: Vec<u8>,
    pub(crate) bases: Vec<u8>,
    pub(crate) comparison: RegionComparison,
    /// Parents and alleles that make no node.
    pub(super) refused: Vec<(u32, u16)>,
    features: Vec<u32>,
    upper: Vec<u8>,
}

/// Tells the consequences of records; one for each thread. What is held back is written by
/// [`finish_chunk`](Self::finish_chunk) at the latest.
pub struct CsqAnnotator<'r> {
    pub(crate) intake: Intake<'r>,
    pub(super) model: &'r CsqModel,
    pub(super) options: CsqOptions,
    pub(super) samples: usize,
    pub(super) replaces_key: bool,
    pub(super) known: KnownText,
    pub(super) buffer: RecordBuffer,
    pub(super) genotypes: Genotypes,
    pub(super) scratch: Scratch,
    /// Transcripts whose haplotypes grow.
    pub(super) active: Active,
    pub(super) place: Option<(ContigView<'r>, i32)>,
    pub(super) leaves: LeafScratch,
}

/// A contig with its models in both views.
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

    pub(super) fn transcript(&self, transcript: u32) -> TranscriptContext<'_> {
        let found = &self.contig.model.transcripts[transcript as usize];
        TranscriptContext {
            contig: &self.contig,
            model: self.model,
            transcript,
            reverse: found.strand.is_reverse(),
            span: (found.start, found.end),
        }
    }
}

impl<'r> CsqAnnotator<'r> {
    /// An annotator for records with so many samples. `replaces_key`: the file has values of
    /// `BCSQ` already, which are left out.
    pub fn new(
        reference: &'r Reference,
        model: &'r CsqModel,
        options: CsqOptions,
        samples: usize,
        replaces_key: bool,
    ) -> Self {
        Self {
            intake: Intake::new(reference, samples),
            model,
            options,
            samples,
            replaces_key,
            known: KnownText::default(),
            buffer: RecordBuffer::new(samples, options.max_consequences.max(1)),
            genotypes: Genotypes::default(),
            scratch: Scratch::default(),
            active: Active::default(),
            place: None,
            leaves: LeafScratch::default(),
        }
    }

    /// Takes a line (without its line end), and appends to `out` the records that are complete.
    ///
    /// # Errors
    /// [`InputError`] where the line is no record.
    pub fn record(
        &mut self,
        number: u64,
        line: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<u64, InputError> {
        let record = self.intake.read(number, line)?;
        let pos = i32::try_from(record.pos).unwrap_or(MAX_POSITION).min(MAX_POSITION);
        self.move_to(pos, out);
        self.buffer.push(pos, line, &record);
        self.known.begin_record(self.intake.reference.tracks(), has_rs_id(record.id));
        self.count_alleles(&record);
        self.genotypes.forget();
        if let Some(contig) = self.intake.contig() {
            let model = &self.model.contigs[contig.number as usize];
            let same = self.intake.check_reference(&contig, &record);
            if pos < MAX_POSITION && record.pos > 0 && record.reference != b"." {
                self.report_record(ContigContext { contig, model }, &record, (number, pos), same)?;
            }
        }
        self.finish_known();
        if self.options.local || self.active.is_empty() {
            self.write_buffer(out);
        }
        Ok(record.pos)
    }

    /// Reads the genotypes of the record at hand, where that was not done yet: most records need
    /// none.
    pub(super) fn read_genotypes(&mut self) {
        if self.samples == 0 || self.genotypes.are_known() {
            return;
        }
        let Some(record) = self.buffer.records.last() else { return };
        let columns = self.buffer.line(record)[record.info_end..].strip_prefix(b"\t");
        self.genotypes.read(columns);
    }

    /// Writes everything that is held back: no haplotype goes on behind it.
    pub fn finish_chunk(&mut self, out: &mut Vec<u8>) {
        self.close_before(i32::MAX);
        self.write_buffer(out);
        self.place = None;
    }

    /// What was counted so far.
    pub fn counts(&self) -> &Counts {
        &self.intake.counts
    }

    /// The counts, complete.
    pub fn into_counts(self) -> Counts {
        self.intake.into_counts()
    }

    /// Closes transcripts that end before the next record. A step back, or to another contig,
    /// closes all.
    fn move_to(&mut self, pos: i32, out: &mut Vec<u8>) {
        let contig = self.intake.contig();
        let goes_on = match (self.place, contig) {
            (Some((last, last_pos)), Some(contig)) => {
                last.number == contig.number && last_pos <= pos
            }
            (None, _) => true,
            (Some(_), None) => false,
        };
        self.close_before(if goes_on { pos } else { i32::MAX });
        if self.active.is_empty() {
            self.write_buffer(out);
        }
        self.place = contig.map(|contig| (contig, pos));
    }

    fn count_alleles(&mut self, record: &Record<'_>) {
        let mut alts = 0;
        for alt in record.alt.split(|b| *b == b',') {
            alts += 1;
            match AltKind::of(alt) {
                Some(AltKind::Sequence) if record.reference != b"." => {
                    self.intake.count_sequence(record.reference, alt);
                }
                Some(AltKind::Symbolic | AltKind::Breakend) => {
                    let counts = &mut self.intake.counts;
                    counts.add_kind(VariantType::Structural, record.reference, alt);
                }
                _ => self.intake.counts.add_kind(VariantType::Other, record.reference, alt),
            }
        }
        self.intake.counts.multiallelic += u64::from(alts > 1);
    }

    /// Tells everything that does not depend on later records.
    fn report_record(
        &mut self,
        context: ContigContext<'r>,
        record: &Record<'_>,
        (number, pos): (u64, i32),
        same_reference: bool,
    ) -> Result<(), InputError> {
        self.find_known(&context, record, pos);
        if record.alt.starts_with(b"<") {
            self.report_symbolic(&context, record, pos);
            return Ok(());
        }
        let mut features = std::mem::take(&mut self.scratch.features);
        context.model.touched(pos, pos + record.reference.len() as i32, &mut features);
        let mut upper = std::mem::take(&mut self.scratch.upper);
        let (reference, alt) = upper_case(record, &mut upper);
        let alleles = Alleles::new(pos, reference, alt);
        let result =
            self.report_features(&context, &features, alleles.as_slice(), number, same_reference);
        drop(alleles);
        self.scratch.features = features;
        self.scratch.upper = upper;
        result
    }

    /// Looks the alleles up in the operator's tracks.
    fn find_known(&mut self, context: &ContigContext<'_>, record: &Record<'_>, pos: i32) {
        let tracks = self.intake.reference.tracks();
        if tracks.is_empty() {
            return;
        }
        for alt in record.alt.split(|b| *b == b',') {
            let variant = match AltKind::of(alt) {
                Some(AltKind::Sequence) => {
                    Variant::Sequence(variant::Allele::new(pos, record.reference, alt, false))
                }
                Some(AltKind::Symbolic | AltKind::Breakend) => {
                    let limit = context.contig.sequence.len().min(MAX_POSITION as usize) as i32;
                    Variant::Structural(StructuralVariant::read(pos, alt, record.info, limit))
                }
                _ => continue,
            };
            self.known.find(tracks, context.contig.number, &variant);
        }
    }

    fn finish_known(&mut self) {
        let tracks = self.intake.reference.tracks();
        let start = self.buffer.extra.len();
        let counts = &mut self.intake.counts;
        self.known.finish_record(tracks, &mut self.buffer.extra, start, counts);
        if let Some(record) = self.buffer.records.last_mut() {
            record.extra = start..self.buffer.extra.len();
        }
    }
}
