//! What is said of a record feature by feature: coding sequence, UTRs, exons, and where none of
//! them is touched, introns and non-coding transcripts.

use super::allele::Allele;
use super::engine::{ContigContext, CsqAnnotator};
use super::flags::ConsequenceFlags;
use super::model::{Feature, Kind, is_coding_biotype};
use super::record_buffer::Consequence;
use super::region::{Checks, Overlap};
use crate::error::InputError;
use crate::variant::{MAX_POSITION, StructuralVariant};
use gas_shared::vcf::Record;

impl<'r> CsqAnnotator<'r> {
    pub(super) fn report_features(
        &mut self,
        context: &ContigContext<'r>,
        features: &[u32],
        alleles: &[Allele<'_>],
        number: u64,
        same_reference: bool,
    ) -> Result<(), InputError> {
        let mut hit = false;
        for feature in features {
            let feature = context.model.features[*feature as usize];
            match feature.kind {
                Kind::Cds(segment) => {
                    hit = true;
                    // Where REF is not what the reference has, a codon cannot be told.
                    if same_reference {
                        self.report_coding(context, feature.transcript, segment, alleles, number)?;
                    }
                }
                Kind::Utr5 | Kind::Utr3 => hit |= self.report_utr(context, &feature, alleles),
                Kind::Exon => hit |= self.report_exon(context, &feature, alleles),
            }
        }
        if !hit {
            self.report_transcripts(context, alleles);
        }
        Ok(())
    }

    /// Adds a call to the record at hand, for all haplotypes with the allele.
    pub(super) fn report_flags(
        &mut self,
        context: &ContigContext<'_>,
        flags: ConsequenceFlags,
        transcript: u32,
        allele: u16,
    ) {
        self.tell(context, Consequence::new(flags, transcript, allele));
    }

    /// Adds a call with its change.
    pub(super) fn tell(&mut self, context: &ContigContext<'_>, consequence: Consequence) {
        let (record, allele) = (self.buffer.last(), consequence.allele);
        let place = self.buffer.add(record, consequence, &context.merge_key());
        if allele > 0 {
            self.read_genotypes();
            self.buffer.mark_carriers(record, allele, place, self.genotypes.samples());
        }
    }

    /// Adds what the comparison with a region found.
    pub(super) fn report_record_flags(
        &mut self,
        context: &ContigContext<'_>,
        transcript: u32,
        allele: u16,
    ) {
        let reported = std::mem::take(&mut self.scratch.comparison.record_flags);
        for flags in &reported {
            self.report_flags(context, *flags, transcript, allele);
        }
        self.scratch.comparison.record_flags = reported;
    }

    fn report_utr(
        &mut self,
        context: &ContigContext<'_>,
        utr: &Feature,
        alleles: &[Allele<'_>],
    ) -> bool {
        let flags =
            if utr.kind == Kind::Utr5 { ConsequenceFlags::UTR5 } else { ConsequenceFlags::UTR3 };
        let mut hit = false;
        for allele in alleles {
            if self.compare(
                context,
                utr.transcript,
                Checks::default(),
                allele,
                (utr.start, utr.end),
            ) {
                self.report_flags(context, flags, utr.transcript, allele.number);
                hit = true;
            }
        }
        hit
    }

    fn report_exon(
        &mut self,
        context: &ContigContext<'_>,
        exon: &Feature,
        alleles: &[Allele<'_>],
    ) -> bool {
        let transcript = &context.contig.model.transcripts[exon.transcript as usize];
        let checks = Checks {
            left: transcript.start != exon.start,
            right: transcript.end != exon.end,
            ..Checks::default()
        };
        let mut hit = false;
        for allele in alleles {
            self.compare(context, exon.transcript, checks, allele, (exon.start, exon.end));
            hit |= !self.scratch.comparison.flags.is_empty();
        }
        hit
    }

    fn report_transcripts(&mut self, context: &ContigContext<'_>, alleles: &[Allele<'_>]) {
        let Some(first) = alleles.first() else { return };
        let (start, end) = (first.pos, first.pos + first.ref_len());
        for number in context.model.transcripts(start, end) {
            let transcript = &context.contig.model.transcripts[number as usize];
            let span = (transcript.start, transcript.end);
            if span.0 > end || span.1 < start {
                continue;
            }
            let flags = self.outside_exons(context, number);
            for allele in alleles {
                if self.compare(context, number, Checks::default(), allele, span) {
                    self.report_flags(context, flags, number, 0);
                }
            }
        }
    }

    fn outside_exons(&self, context: &ContigContext<'_>, transcript: u32) -> ConsequenceFlags {
        let biotype =
            &self.model.biotypes[usize::from(context.model.biotypes[transcript as usize])];
        let coding = context.model.coding(transcript).is_some() || is_coding_biotype(biotype);
        if coding { ConsequenceFlags::INTRON } else { ConsequenceFlags::NON_CODING }
    }

    /// Compares an allele to a region and tells what belongs to the record alone; whether it
    /// touches the region.
    fn compare(
        &mut self,
        context: &ContigContext<'_>,
        transcript: u32,
        checks: Checks,
        allele: &Allele<'_>,
        region: (i32, i32),
    ) -> bool {
        let around = context.transcript(transcript);
        let place = self.scratch.comparison.compare(&around, checks, allele, region);
        if !self.scratch.comparison.record_flags.is_empty() {
            self.report_record_flags(context, transcript, allele.number);
        }
        matches!(place, Overlap::Inside | Overlap::Crossing)
    }

    /// Symbolic insertions and deletions: the features they touch.
    pub(super) fn report_symbolic(
        &mut self,
        context: &ContigContext<'_>,
        record: &Record<'_>,
        pos: i32,
    ) {
        let class = match record.alt.get(..4).map(<[u8]>::to_ascii_uppercase).as_deref() {
            Some(b"<INS") => ConsequenceFlags::ELONGATION,
            Some(b"<DEL") => ConsequenceFlags::TRUNCATION,
            _ => return,
        };
        let limit = context.contig.sequence.len().min(MAX_POSITION as usize) as i32;
        let alt = record.alt.split(|b| *b == b',').next().unwrap_or_default();
        let found = StructuralVariant::read(pos, alt, record.info, limit);
        let (start, end) = (pos + 1, found.end.max(pos + 1));
        let mut hit = false;
        for number in context.model.index.query(start, end) {
            let feature = context.model.features[number as usize];
            if feature.start > end || feature.end < start || feature.kind == Kind::Exon {
                continue;
            }
            let flags = match feature.kind {
                Kind::Utr5 => ConsequenceFlags::UTR5,
                Kind::Utr3 => ConsequenceFlags::UTR3,
                _ => ConsequenceFlags::CODING_SEQUENCE,
            };
            self.report_flags(context, flags.union(class), feature.transcript, 0);
            hit = true;
        }
        if hit {
            return;
        }
        for number in context.model.transcripts(start, end) {
            let transcript = &context.contig.model.transcripts[number as usize];
            if transcript.start <= end && transcript.end >= start {
                let flags = self.outside_exons(context, number).union(class);
                self.report_flags(context, flags, number, 0);
            }
        }
    }
}
