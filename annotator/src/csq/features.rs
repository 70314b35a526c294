//! Compares a record with the features it touches: coding sequence, UTRs and exons, or introns and
//! non-coding transcripts if it touches none of them.

use super::allele::RecordAllele;
use super::annotator::{ContigContext, CsqAnnotator};
use super::flags::ConsequenceFlags;
use super::model::{Feature, FeatureKind, is_coding_biotype};
use super::record_buffer::Consequence;
use super::region::{Checks, Overlap};
use crate::allele::MAX_POSITION;
use crate::error::InputError;
use crate::report::AnnotationGap;
use crate::structural_variant::{
    StructuralInfo, StructuralKind, StructuralProblem, StructuralVariant,
};
use gas_shared::vcf::{AltKind, Record};

/// Work on a feature that a symbolic allele spans, in units of about a nanosecond.
const FEATURE_WORK: u64 = 100;

/// Which alleles of a record touch a feature, by their index. All from the 64th on are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Touching(u64);

impl Touching {
    const ALL: Self = Self(u64::MAX);

    const fn insert(&mut self, index: usize) {
        self.0 |= Self::bit(index);
    }

    const fn contains(self, index: usize) -> bool {
        self.0 & Self::bit(index) != 0
    }

    const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn bit(index: usize) -> u64 {
        1 << if index < 63 { index } else { 63 }
    }
}

impl<'r> CsqAnnotator<'r> {
    pub(super) fn report_features(
        &mut self,
        context: &ContigContext<'r>,
        features: &[u32],
        alleles: &[RecordAllele<'_>],
        line_number: u64,
        same_reference: bool,
    ) -> Result<(), InputError> {
        let mut touching = Touching::default();
        for feature in features {
            let feature = context.model.features[*feature as usize];
            let transcript = feature.transcript;
            match feature.kind {
                FeatureKind::Cds(segment) => {
                    touching = touching.union(alleles_touching(&feature, alleles));
                    // If REF does not match the reference, its codons are unknown.
                    if same_reference {
                        self.report_coding(context, transcript, segment, alleles, line_number)?;
                    }
                }
                FeatureKind::Utr5 | FeatureKind::Utr3 => {
                    touching = touching.union(self.report_utr(context, &feature, alleles));
                }
                FeatureKind::Exon => {
                    touching = touching.union(self.report_exon(context, &feature, alleles));
                }
            }
        }
        if !(0..alleles.len()).all(|index| touching.contains(index)) {
            self.report_transcripts(context, alleles, touching);
        }
        Ok(())
    }

    fn report_utr(
        &mut self,
        context: &ContigContext<'_>,
        utr: &Feature,
        alleles: &[RecordAllele<'_>],
    ) -> Touching {
        let five_prime = utr.kind == FeatureKind::Utr5;
        let flags = if five_prime { ConsequenceFlags::UTR5 } else { ConsequenceFlags::UTR3 };
        let region = (utr.start, utr.end);
        let mut touching = Touching::default();
        for (index, allele) in alleles.iter().enumerate() {
            if self.compare(context, utr.transcript, Checks::default(), allele, region) {
                self.report_flags(context, flags, utr.transcript, allele.number);
                touching.insert(index);
            }
        }
        touching
    }

    fn report_exon(
        &mut self,
        context: &ContigContext<'_>,
        exon: &Feature,
        alleles: &[RecordAllele<'_>],
    ) -> Touching {
        let transcript = &context.contig.model.transcripts[exon.transcript as usize];
        let checks = Checks {
            left: transcript.start != exon.start,
            right: transcript.end != exon.end,
            ..Checks::default()
        };
        let mut touching = Touching::default();
        for (index, allele) in alleles.iter().enumerate() {
            self.compare(context, exon.transcript, checks, allele, (exon.start, exon.end));
            if !self.scratch.comparison.flags.is_empty() {
                touching.insert(index);
            }
        }
        touching
    }

    /// Reports introns and non-coding transcripts for the alleles that touch no feature.
    fn report_transcripts(
        &mut self,
        context: &ContigContext<'_>,
        alleles: &[RecordAllele<'_>],
        touching: Touching,
    ) {
        let Some(first) = alleles.first() else { return };
        let (start, end) = (first.pos, first.pos + first.ref_len());
        for number in context.model.transcripts(start, end) {
            let transcript = &context.contig.model.transcripts[number as usize];
            let span = (transcript.start, transcript.end);
            if span.0 > end || span.1 < start {
                continue;
            }
            let flags = self.flags_outside_exons(context, number);
            for (index, allele) in alleles.iter().enumerate() {
                if !touching.contains(index)
                    && self.compare(context, number, Checks::default(), allele, span)
                {
                    let consequence = Consequence::new(flags, number, 0);
                    self.report(context, consequence.counted_for(allele.number));
                }
            }
        }
    }

    fn flags_outside_exons(
        &self,
        context: &ContigContext<'_>,
        transcript: u32,
    ) -> ConsequenceFlags {
        let biotype = context.model.biotypes[transcript as usize];
        let biotype = &self.model.biotypes[usize::from(biotype)];
        let coding = context.model.coding(transcript).is_some() || is_coding_biotype(biotype);
        if coding { ConsequenceFlags::INTRON } else { ConsequenceFlags::NON_CODING }
    }

    /// Compares an allele with a region and reports the consequences of the record alone. Returns
    /// whether the allele touches the region.
    fn compare(
        &mut self,
        context: &ContigContext<'_>,
        transcript: u32,
        checks: Checks,
        allele: &RecordAllele<'_>,
        region: (i32, i32),
    ) -> bool {
        let around = context.transcript(transcript);
        let overlap = self.scratch.comparison.compare(&around, checks, allele, region);
        if !self.scratch.comparison.record_flags.is_empty() {
            self.report_record_flags(context, transcript, allele.number);
        }
        matches!(overlap, Overlap::Inside | Overlap::Crossing)
    }

    /// Reports the features that the symbolic insertions and deletions of a record touch.
    pub(super) fn report_symbolic(
        &mut self,
        context: &ContigContext<'_>,
        record: &Record<'_>,
        pos: i32,
    ) {
        let limit = context.contig.sequence.len().min(MAX_POSITION as usize) as i32;
        let mut info = StructuralInfo::new(record.info, record.alt);
        self.scratch.structural.reported.clear();
        for (number, alt) in record.alt.split(|b| *b == b',').enumerate() {
            // Thousands of alleles may each span all features of a contig.
            let is_full = self.buffer.is_full();
            let problem = match AltKind::of(alt) {
                Some(AltKind::Symbolic) => {
                    let variant = StructuralVariant::read(pos, alt, number, &mut info, limit);
                    let number = u16::try_from(number + 1).unwrap_or(u16::MAX);
                    match variant.kind {
                        StructuralKind::Insertion | StructuralKind::Deletion => {
                            if !is_full {
                                self.report_symbolic_allele(context, &variant, pos, number);
                            }
                            variant.problem
                        }
                        _ => Some(StructuralProblem::NotInHaplotypeMode),
                    }
                }
                Some(AltKind::Breakend) => Some(StructuralProblem::NotInHaplotypeMode),
                _ => None,
            };
            if problem == Some(StructuralProblem::NotInHaplotypeMode) {
                self.buffer.note(self.buffer.last(), AnnotationGap::UnsupportedAllele);
            }
            self.prepass.count_structural_problem(problem, record.info);
            if self.buffer.exceeded().is_some() {
                return;
            }
        }
    }

    fn report_symbolic_allele(
        &mut self,
        context: &ContigContext<'_>,
        variant: &StructuralVariant<'_>,
        pos: i32,
        number: u16,
    ) {
        // A deletion from the telomere on has no base before it.
        let first = pos.max(1);
        let deleted = (variant.kind == StructuralKind::Deletion)
            .then(|| context.contig.bases(first, variant.end))
            .flatten();
        let (class, allele) = match deleted {
            Some(bases) => {
                (ConsequenceFlags::TRUNCATION, RecordAllele::deletion(first, bases, number))
            }
            None if variant.kind == StructuralKind::Deletion => return,
            None => (ConsequenceFlags::ELONGATION, RecordAllele::new(pos, b"N", b"<>", number)),
        };
        // An insertion is in the region of the base after it.
        let (start, end) = (variant.start, variant.end.max(variant.start));
        let mut features = std::mem::take(&mut self.scratch.features);
        context.model.touched(pos, end.saturating_add(1), &mut features);
        self.buffer.add_work(FEATURE_WORK * features.len() as u64);
        let mut hit = false;
        for feature in &features {
            let feature = context.model.features[*feature as usize];
            let flags = match feature.kind {
                FeatureKind::Exon => {
                    hit |= self.report_symbolic_at_exon(context, &feature, class, &allele);
                    continue;
                }
                FeatureKind::Cds(_) => ConsequenceFlags::CODING_SEQUENCE,
                FeatureKind::Utr5 => ConsequenceFlags::UTR5,
                FeatureKind::Utr3 => ConsequenceFlags::UTR3,
            };
            if feature.start <= end && feature.end >= start {
                self.report_structural(flags | class, feature.transcript, number, class);
                hit = true;
            }
        }
        self.scratch.features = features;
        if hit {
            return;
        }
        for transcript in context.model.transcripts(start, end) {
            let model = &context.contig.model.transcripts[transcript as usize];
            if model.start <= end && model.end >= start {
                let flags = self.flags_outside_exons(context, transcript) | class;
                self.report_structural(flags, transcript, 0, class);
            }
        }
    }

    /// Reports a consequence of a structural allele, together with its other ones on the transcript.
    fn report_structural(
        &mut self,
        flags: ConsequenceFlags,
        transcript: u32,
        allele: u16,
        class: ConsequenceFlags,
    ) {
        let key = (transcript, allele, class.bits());
        if let Some(number) = self.scratch.structural.reported.get(&key) {
            self.buffer.extend(*number, flags);
            return;
        }
        let record = self.buffer.last();
        let consequence = Consequence::new(flags, transcript, allele);
        let Some((number, reported)) = self.buffer.add_new(record, consequence) else { return };
        self.scratch.structural.reported.insert(key, number);
        if allele > 0 {
            self.read_genotypes();
            self.buffer.mark_carriers(reported, allele, self.genotypes.samples());
        }
    }

    /// Reports the splice sites and regions of an exon that a symbolic allele touches. Returns whether
    /// it touches any, or the exon.
    fn report_symbolic_at_exon(
        &mut self,
        context: &ContigContext<'_>,
        exon: &Feature,
        class: ConsequenceFlags,
        allele: &RecordAllele<'_>,
    ) -> bool {
        let around = context.transcript(exon.transcript);
        let region = (exon.start, exon.end);
        let checks = Checks {
            left: around.span.0 != exon.start,
            right: around.span.1 != exon.end,
            ..Checks::default()
        };
        let comparison = &mut self.scratch.comparison;
        let overlap = comparison.compare_symbolic(&around, checks, allele, class, region);
        let found = comparison.flags != class;
        if found {
            let record_flags = std::mem::take(&mut self.scratch.comparison.record_flags);
            for flags in &record_flags {
                self.report_structural(*flags, exon.transcript, allele.number, class);
            }
            self.scratch.comparison.record_flags = record_flags;
        }
        found || matches!(overlap, Overlap::Inside | Overlap::Crossing)
    }
}

/// The alleles that touch a coding segment. The only allele of a record does if REF, or the base after it,
/// is in the segment, as with `bcftools csq`.
fn alleles_touching(segment: &Feature, alleles: &[RecordAllele<'_>]) -> Touching {
    if let [_] = alleles {
        return Touching::ALL;
    }
    let mut touching = Touching::default();
    for (index, allele) in alleles.iter().enumerate() {
        let minimal = allele.minimal();
        // An insertion lies between two bases.
        let (from, to) = (minimal.start.min(minimal.end), minimal.start.max(minimal.end));
        if from <= segment.end && to >= segment.start {
            touching.insert(index);
        }
    }
    touching
}
