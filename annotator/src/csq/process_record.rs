//! Processes one record after the other: moves to its position, reports its consequences, and
//! writes the records that are complete.

use super::allele::{Alleles, upper_case};
use super::annotator::{ContigContext, CsqAnnotator};
use crate::allele;
use crate::allele::MAX_POSITION;
use crate::colocated::LookedUp;
use crate::error::InputError;
use crate::placements::{Placements, RotatedBases};
use crate::reference::ContigView;
use crate::report::AnnotationGap;
use crate::structural_variant::{StructuralInfo, StructuralVariant};
use crate::variant::Variant;
use gas_shared::vcf::{AltKind, Record};
use gas_sources::RecordAllele;

impl<'r> CsqAnnotator<'r> {
    /// Processes a line (without its line end) and appends the records that are complete to `out`.
    /// Returns the position of the record.
    ///
    /// # Errors
    /// [`InputError`] if the line is not a valid record.
    pub fn record(
        &mut self,
        line_number: u64,
        line: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<u64, InputError> {
        let record = self.records.read(line_number, line)?;
        let pos = i32::try_from(record.pos).unwrap_or(MAX_POSITION).min(MAX_POSITION);
        self.line_number = line_number;
        self.move_to(pos, out);
        self.buffer.push((line_number, pos), line, &record);
        self.colocated.begin_record(&record);
        let variants = self.records.count_alleles(&record);
        self.genotypes.clear();
        let (gap, contig) = self.records.find_gap(&record);
        let same_reference = gap.is_none();
        let gap = self.records.count_gap(gap, variants > 0);
        if let Some(contig) = contig.filter(|_| gap != Some(AnnotationGap::NotAVariant))
            && pos < MAX_POSITION
            && record.reference != b"."
        {
            let model = &self.model.contigs[contig.number as usize];
            let context = ContigContext { contig, model };
            self.report_record(context, &record, (line_number, pos), same_reference)?;
            // Most contigs have all models, and need not look how far the record reaches.
            if contig.lacks_models(pos, i32::MAX)
                && contig.lacks_models(pos, last_position(&contig, &record, pos))
                && let Some(last) = self.buffer.records.last_mut()
            {
                self.records.counts.at_left_out_transcripts += 1;
                last.gaps.insert(AnnotationGap::LeftOutTranscript);
            }
        }
        if let (Some(last), Some(gap)) = (self.buffer.records.last_mut(), gap) {
            last.gaps.insert(gap);
            last.is_left_out = !self.records.is_annotated(gap);
        }
        self.finish_colocated();
        if self.options.local || self.active.is_empty() {
            self.write_buffer(out);
        }
        Ok(record.pos)
    }

    /// Appends all buffered records to `out`. The next record starts new haplotypes.
    pub fn finish_chunk(&mut self, out: &mut Vec<u8>) {
        self.flush_before(i32::MAX);
        self.write_buffer(out);
        self.position = None;
    }

    /// Flushes the transcripts that end before the next record; all of them if the record steps
    /// back or is on another contig.
    fn move_to(&mut self, pos: i32, out: &mut Vec<u8>) {
        let contig = self.records.contig();
        let moves_forward = match (self.position, contig) {
            (Some((last, last_pos)), Some(contig)) => {
                last.number == contig.number && last_pos <= pos
            }
            (None, _) => true,
            (Some(_), None) => false,
        };
        self.flush_before(if moves_forward { pos } else { i32::MAX });
        if self.active.is_empty() {
            self.write_buffer(out);
        }
        self.position = contig.map(|contig| (contig, pos));
    }

    /// Reports the consequences that do not depend on later records, and extends haplotypes.
    fn report_record(
        &mut self,
        context: ContigContext<'r>,
        record: &Record<'_>,
        (line_number, pos): (u64, i32),
        same_reference: bool,
    ) -> Result<(), InputError> {
        self.find_colocated(&context, record, pos);
        self.scratch.coding.clear();
        if record.alt.iter().any(|b| matches!(b, b'<' | b'[' | b']' | b'.')) {
            self.report_symbolic(&context, record, pos);
        }
        let mut upper = std::mem::take(&mut self.scratch.upper_case);
        let (reference, alt) = upper_case(record, &mut upper);
        let alleles = Alleles::new(pos, reference, alt);
        self.report_alleles(&context, alleles.as_slice(), same_reference);
        drop(alleles);
        self.scratch.upper_case = upper;
        if self.scratch.coding.changes.is_empty() {
            return Ok(());
        }
        self.report_coding(&context, line_number)
    }

    /// Looks the alleles up in the tracks of the reference and in the sources.
    fn find_colocated(&mut self, context: &ContigContext<'_>, record: &Record<'_>, pos: i32) {
        if self.colocated.is_empty() {
            return;
        }
        let mut info = StructuralInfo::new(record.info, record.alt);
        let mut rotated = RotatedBases::default();
        for (number, alt) in record.alt.split(|b| *b == b',').enumerate() {
            let kind = AltKind::of(alt).filter(|kind| kind.is_variant(record.reference, alt));
            let variant = match kind {
                Some(AltKind::Sequence) => {
                    let allele = allele::Allele::new(pos, record.reference, alt);
                    Variant::Sequence(Placements::new(&context.contig, allele, &mut rotated))
                }
                Some(AltKind::Symbolic | AltKind::Breakend) => {
                    let limit = context.contig.sequence.len().min(MAX_POSITION as usize) as i32;
                    Variant::Structural(StructuralVariant::read(pos, alt, number, &mut info, limit))
                }
                _ => continue,
            };
            let reference = record.reference;
            let record = RecordAllele { position: pos as u32, reference, alt };
            self.colocated.look_up(&context.contig, &variant, LookedUp { record, number });
        }
    }

    fn finish_colocated(&mut self) {
        let start = self.buffer.extra_info.len();
        let counts = &mut self.records.counts;
        self.colocated.write_info(&mut self.buffer.extra_info, start);
        counts.add_colocated(self.colocated.in_dbsnp(), self.colocated.hits());
        if let Some(record) = self.buffer.records.last_mut() {
            record.extra_info = start..self.buffer.extra_info.len();
        }
    }
}

/// The last position that a record reaches, with its symbolic alleles.
fn last_position(contig: &ContigView<'_>, record: &Record<'_>, pos: i32) -> i32 {
    let limit = contig.sequence.len().min(MAX_POSITION as usize) as i32;
    let mut info = StructuralInfo::new(record.info, record.alt);
    let alts = record.alt.split(|b| *b == b',').enumerate();
    let symbolic = alts.filter(|(_, alt)| AltKind::of(alt) == Some(AltKind::Symbolic));
    let ends = symbolic
        .map(|(number, alt)| StructuralVariant::read(pos, alt, number, &mut info, limit).end);
    let end = pos.saturating_add(record.reference.len() as i32 - 1);
    ends.max().map_or(end, |last| last.max(end))
}
