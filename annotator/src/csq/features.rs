//! Compares the alleles of a record with the gene models: splice sites, untranslated regions and coding
//! sequence, or introns and non-coding transcripts if an allele touches none of them.
//!
//! SNVs are compared with the features at their base. All other alleles are located as in the full mode,
//! at one of their places in a repeat, so that both modes agree whatever the form of the allele.

use super::allele::RecordAllele;
use super::annotator::{ContigContext, CsqAnnotator};
use super::classify::coding_flags;
use super::coding_change::{CodingChange, CodingChangeKind};
use super::flags::ConsequenceFlags;
use super::haplotype_tree::Edit;
use super::model::{
    CodingSequence, FeatureKind, SPLICE_REGION_EXON, SPLICE_REGION_INTRON, SPLICE_SITE, Segment,
    TranscriptSpan, is_short,
};
use super::record_buffer::{BufferedRecord, Consequence};
use crate::allele::{Allele, MAX_POSITION};
use crate::consequence::{IntronOverlap, Location, SoTerm, locate};
use crate::model::{Exon, Transcript};
use crate::placements::Placements;
use crate::report::AnnotationGap;
use crate::structural_variant::{
    StructuralInfo, StructuralKind, StructuralProblem, StructuralVariant,
};
use gas_shared::vcf::{AltKind, Record};

/// Work on a transcript that an allele touches, in units of about a nanosecond.
const TRANSCRIPT_WORK: u64 = 1000;

/// Work on a feature that a symbolic allele spans, in the same units.
const FEATURE_WORK: u64 = 100;

impl<'r> CsqAnnotator<'r> {
    /// Compares the sequence alleles of a record with the gene models. If REF does not match the
    /// reference, its codons are unknown.
    pub(super) fn report_alleles(
        &mut self,
        context: &ContigContext<'r>,
        alleles: &[RecordAllele<'_>],
        same_reference: bool,
    ) {
        for chunk in alleles.chunk_by(RecordAllele::is_at_base_of) {
            match chunk {
                [allele, ..] if allele.is_snv() => self.report_snvs(context, chunk, same_reference),
                [allele] => self.report_replacement(context, allele, same_reference),
                _ => {}
            }
        }
    }

    /// Reports SNVs at one position.
    fn report_snvs(
        &mut self,
        context: &ContigContext<'r>,
        alleles: &[RecordAllele<'_>],
        same_reference: bool,
    ) {
        let Some(pos) = alleles.first().map(|allele| allele.minimal.start) else { return };
        let mut features = std::mem::take(&mut self.scratch.features);
        context.model.touched(pos, pos, &mut features);
        let mut hit = false;
        for number in &features {
            let feature = &context.model.features[*number as usize];
            let flags = match feature.kind {
                FeatureKind::Cds(segment) => {
                    hit = true;
                    if same_reference {
                        self.add_snvs(context, feature.transcript, segment, alleles);
                    }
                    continue;
                }
                FeatureKind::Exon => {
                    let transcript = &context.contig.model.transcripts[feature.transcript as usize];
                    let base = Allele { start: pos, end: pos, reference: b"", alt: b"" };
                    splice_flags_of_exon(&base, (feature.start, feature.end), transcript)
                }
                FeatureKind::Utr5 => ConsequenceFlags::UTR5,
                FeatureKind::Utr3 => ConsequenceFlags::UTR3,
                FeatureKind::PartialCodon => ConsequenceFlags::CODING_SEQUENCE,
            };
            if !flags.is_empty() {
                hit = true;
                for allele in alleles {
                    self.report_flags(context, flags, feature.transcript, allele.number);
                }
            }
        }
        self.scratch.features = features;
        if !hit {
            self.report_outside_exons(context, alleles, |transcript| {
                transcript.start <= pos && pos <= transcript.end
            });
        }
    }

    /// Adds SNVs in a segment of a coding sequence to the changes of the record.
    fn add_snvs(
        &mut self,
        context: &ContigContext<'r>,
        transcript: u32,
        number: u16,
        alleles: &[RecordAllele<'_>],
    ) {
        let Some(coding) = context.model.coding(transcript) else { return };
        let segment = coding.segments[usize::from(number)];
        let model = &context.contig.model.transcripts[transcript as usize];
        let pos = alleles.first().map_or(0, |allele| allele.minimal.start);
        let is_near = |end: i32| (end - pos).abs() < SPLICE_REGION_EXON;
        let splice = if is_near(segment.start) || is_near(segment.end) {
            splice_flags_at(&Allele { start: pos, end: pos, reference: b"", alt: b"" }, model)
        } else {
            ConsequenceFlags::empty()
        };
        let record = self.position();
        for allele in alleles {
            let offset = segment.offset + allele.minimal.start - segment.start;
            let edit = Edit {
                offset,
                place: allele.minimal.start,
                given: allele.minimal.start,
                places: (allele.minimal.start, allele.minimal.start),
                removed: 1,
                inserted: 1,
                segment: (segment.start, segment.end),
                pos: record,
            };
            let added = (allele.minimal.alt, allele.minimal.start);
            self.add_change((transcript, number), allele.number, splice, edit, added);
        }
    }

    /// Adds a replacement by `bases` in a segment of a transcript to the changes of the record, which
    /// places the allele at `start`.
    fn add_change(
        &mut self,
        (transcript, segment): (u32, u16),
        allele: u16,
        flags: ConsequenceFlags,
        edit: Edit,
        (bases, start): (&[u8], i32),
    ) {
        let coding = &mut self.scratch.coding;
        let from = coding.bases.len();
        coding.bases.extend_from_slice(bases);
        let kind = CodingChangeKind::Edit(edit, from..coding.bases.len());
        coding.changes.push(CodingChange { transcript, segment, allele, start, flags, kind });
        self.mark_coding();
    }

    /// Position of the current record.
    fn position(&self) -> i32 {
        self.buffer.records.last().map_or(0, |record| record.pos)
    }

    /// Marks the current record as one in coding sequence.
    fn mark_coding(&mut self) {
        if let Some(record) = self.buffer.records.last_mut() {
            record.is_coding = true;
        }
    }

    /// Reports an allele that is no SNV.
    fn report_replacement(
        &mut self,
        context: &ContigContext<'r>,
        allele: &RecordAllele<'_>,
        same_reference: bool,
    ) {
        let Allele { start, end, .. } = allele.minimal;
        if context.model.transcripts(start.min(end), start.max(end)).next().is_none() {
            return;
        }
        let mut rotated = std::mem::take(&mut self.scratch.rotated);
        let places = Placements::new(&context.contig, allele.minimal, &mut rotated);
        // An insertion touches the bases on both sides.
        let from = places.first.start.min(places.first.end);
        let to = places.last.start.max(places.last.end);
        let mut transcripts = std::mem::take(&mut self.scratch.transcripts);
        self.touched_transcripts(context, (from, to), &mut transcripts);
        let mut hit = false;
        for transcript in &transcripts {
            self.buffer.add_work(TRANSCRIPT_WORK);
            if self.buffer.is_exhausted() {
                self.buffer.note(self.buffer.last(), AnnotationGap::TooManyConsequences);
                break;
            }
            hit |= self.report_on_transcript(context, *transcript, allele, &places, same_reference);
        }
        self.scratch.transcripts = transcripts;
        if !hit {
            let alleles = std::slice::from_ref(allele);
            self.report_outside_exons(context, alleles, |transcript| {
                // A transcript that one of the places leaves intact is not changed.
                places.first.overlaps(transcript.start, transcript.end)
                    && places.last.overlaps(transcript.start, transcript.end)
            });
        }
        self.scratch.rotated = rotated;
    }

    /// Collects the transcripts of which a region touches exons or their splice regions.
    fn touched_transcripts(
        &mut self,
        context: &ContigContext<'_>,
        (from, to): (i32, i32),
        out: &mut Vec<u32>,
    ) {
        let features = &mut self.scratch.features;
        context.model.touched(from, to, features);
        out.clear();
        out.extend(features.iter().map(|n| context.model.features[*n as usize].transcript));
        out.sort_unstable();
        out.dedup();
    }

    /// Reports what an allele does to a transcript with coding sequence. Returns whether it changes any
    /// exon or splice site.
    fn report_on_transcript(
        &mut self,
        context: &ContigContext<'r>,
        number: u32,
        allele: &RecordAllele<'_>,
        places: &Placements<'_>,
        same_reference: bool,
    ) -> bool {
        let transcript = &context.contig.model.transcripts[number as usize];
        let consequence = &mut self.scratch.consequence;
        if !consequence.fill(&context.contig, transcript, places) || consequence.distance.is_some()
        {
            return false;
        }
        let (terms, location) = (consequence.terms, consequence.location);
        if terms.contains(SoTerm::TranscriptAmplification) {
            self.buffer.note(self.buffer.last(), AnnotationGap::UnsupportedAllele);
            return true;
        }
        let place = *consequence.allele(places);
        let class = length_change_class(&place);
        let mut splice = splice_flags(&location.introns);
        if context.model.has_short_intron[number as usize]
            && let Some(intron) = short_intron(&place, transcript)
        {
            if let Some(ends) = at_border_of(intron, places, transcript) {
                for flags in ends.into_iter().filter(|flags| !flags.is_empty()) {
                    self.report_flags(context, flags, number, allele.number);
                }
                if location.in_cds && same_reference {
                    self.mark_coding();
                    self.add_unknown(number, allele);
                }
                return true;
            }
            splice.insert(splice_flags_at(&place, transcript));
        }
        let mut utr = utr_flags(&location);
        let added = place.alt.len() as i32 - place.reference.len() as i32;
        let coding = context.model.coding(number);
        let mut flags = coding_flags(terms, added);
        if !location.in_cds {
            flags = ConsequenceFlags::empty();
        } else if flags.is_empty() {
            flags = ConsequenceFlags::CODING_SEQUENCE;
        }
        if flags == ConsequenceFlags::CODING_SEQUENCE
            && splice.intersects(ConsequenceFlags::SPLICE_ACCEPTOR | ConsequenceFlags::SPLICE_DONOR)
            && let Some(beside) = coding.and_then(|coding| {
                // The number of coding bases can depend on the place: it is that of the description in HGVS.
                let described = places.most_3_prime(transcript.strand);
                beside_site(coding, transcript, described)
                    .or_else(|| beside_site(coding, transcript, &place))
            })
        {
            flags = beside;
        }
        if let Some(retained) = start_retained(transcript, &location, &place, places) {
            flags = ConsequenceFlags::START_RETAINED;
            utr = utr.intersection(retained);
        }
        let hit = !(splice | utr | flags).is_empty();
        if location.in_cds {
            self.mark_coding();
            if !same_reference {
                flags = ConsequenceFlags::empty();
            }
        }
        let coding = coding.filter(|_| location.in_cds && same_reference);
        // Without its start codon, or with another one, the codons of a haplotype are not known.
        let changes_start =
            flags.intersects(ConsequenceFlags::START_LOST | ConsequenceFlags::START_RETAINED);
        if changes_start && added != 0 {
            flags.remove(ConsequenceFlags::FRAMESHIFT);
        }
        let coding = coding.filter(|_| !changes_start || added == 0);
        let part = coding.and_then(|coding| Some((coding, coding_part(coding, &place)?)));
        let Some((coding, (segment, part))) = part else {
            if location.in_cds && same_reference {
                self.add_unknown(number, allele);
            }
            for (flags, class) in [(flags | splice, class), (utr, ConsequenceFlags::empty())] {
                if !flags.is_empty() {
                    self.report_flags(context, flags | class, number, allele.number);
                }
            }
            return hit;
        };
        let outside = splice | utr;
        if !outside.is_empty() {
            self.report_flags(context, outside | class, number, allele.number);
        }
        let pos = self.position();
        let edit = edit_of(&coding.segments[usize::from(segment)], &part, allele, places, pos);
        let added = (part.alt, allele.minimal.start);
        self.add_change((number, segment), allele.number, splice | class, edit, added);
        hit
    }

    /// Adds an allele after which codons of a transcript are unknown, where the record places it, as the other
    /// alleles of its haplotype.
    fn add_unknown(&mut self, transcript: u32, allele: &RecordAllele<'_>) {
        let Allele { start, end, reference, alt } = allele.minimal;
        let end = if alt.len() < reference.len() { end } else { start - 1 };
        self.add_deletion(transcript, allele.number, (start, end));
    }

    /// Adds an allele after which codons of a transcript are unknown to the changes of the record, with the
    /// first and the last base that it deletes.
    fn add_deletion(&mut self, transcript: u32, allele: u16, (start, end): (i32, i32)) {
        self.scratch.coding.changes.push(CodingChange {
            transcript,
            segment: 0,
            allele,
            start,
            flags: ConsequenceFlags::empty(),
            kind: CodingChangeKind::Deletion { end },
        });
    }

    /// Reports introns and non-coding transcripts for alleles that touch no exon and no splice site of a
    /// transcript with coding sequence. `is_changed` says whether they are in a transcript.
    fn report_outside_exons(
        &mut self,
        context: &ContigContext<'_>,
        alleles: &[RecordAllele<'_>],
        is_changed: impl Fn(&TranscriptSpan) -> bool,
    ) {
        let Some(first) = alleles.first().map(|allele| &allele.minimal) else { return };
        let (from, to) = (first.start.min(first.end), first.start.max(first.end));
        // Transcripts of the same kind have one consequence. Only in a record with other consequences they
        // could extend different ones.
        let is_first = self.buffer.records.last().is_some_and(BufferedRecord::is_empty);
        let mut reported = 0u128;
        for transcript in context.model.transcripts(from, to) {
            if !is_changed(transcript) {
                continue;
            }
            let kind = 2 * u32::from(transcript.biotype) + u32::from(transcript.is_coding);
            let kind = 1u128.checked_shl(kind).unwrap_or(0);
            if is_first && reported & kind != 0 {
                continue;
            }
            reported |= kind;
            let flags = flags_outside_exons(transcript);
            for allele in alleles {
                let consequence = Consequence::new(flags, transcript.number, 0);
                self.report(context, consequence.counted_for(allele.number));
            }
        }
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
                            if !is_full && !self.buffer.is_exhausted() {
                                self.report_symbolic_allele(context, &variant, number);
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
            self.records.count_structural_problem(problem, record.info);
            if self.buffer.is_exhausted() {
                self.buffer.note(self.buffer.last(), AnnotationGap::TooManyConsequences);
                return;
            }
        }
    }

    fn report_symbolic_allele(
        &mut self,
        context: &ContigContext<'_>,
        variant: &StructuralVariant<'_>,
        number: u16,
    ) {
        let class = match variant.kind {
            StructuralKind::Deletion => ConsequenceFlags::TRUNCATION,
            _ => ConsequenceFlags::ELONGATION,
        };
        let place = Allele { start: variant.start, end: variant.end, reference: b"", alt: b"" };
        let (from, to) = (place.start.min(place.end), place.start.max(place.end));
        let mut transcripts = std::mem::take(&mut self.scratch.transcripts);
        self.touched_transcripts(context, (from, to), &mut transcripts);
        self.buffer.add_work(FEATURE_WORK * self.scratch.features.len() as u64);
        let mut hit = false;
        for transcript in &transcripts {
            let model = &context.contig.model.transcripts[*transcript as usize];
            let location = locate(model, &place);
            let mut flags = splice_flags(&location.introns) | utr_flags(&location);
            if location.in_cds {
                flags.insert(ConsequenceFlags::CODING_SEQUENCE);
                self.add_deletion(*transcript, number, (place.start, place.end));
            }
            if !flags.is_empty() {
                self.report_structural(flags | class, *transcript, number, class);
                hit = true;
            }
        }
        self.scratch.transcripts = transcripts;
        if hit {
            return;
        }
        for transcript in context.model.transcripts(from, to) {
            if place.overlaps(transcript.start, transcript.end) {
                let flags = flags_outside_exons(transcript) | class;
                self.report_structural(flags, transcript.number, 0, class);
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
}

const fn flags_outside_exons(transcript: &TranscriptSpan) -> ConsequenceFlags {
    if transcript.is_coding { ConsequenceFlags::INTRON } else { ConsequenceFlags::NON_CODING }
}

/// The splice sites and regions of an exon that an allele changes.
fn splice_flags_of_exon(
    place: &Allele<'_>,
    (start, end): (i32, i32),
    transcript: &Transcript,
) -> ConsequenceFlags {
    let mut flags = ConsequenceFlags::empty();
    let is_reverse = transcript.strand.is_reverse();
    // An intron is at each end of an exon that is not an end of the transcript.
    if transcript.start != start {
        let site = start - SPLICE_SITE;
        if place.changes(site, start - 1) {
            flags.insert(splice_site(!is_reverse));
        }
        if place.changes(start - SPLICE_REGION_INTRON, site - 1)
            || place.changes(start, end.min(start + SPLICE_REGION_EXON - 1))
        {
            flags.insert(ConsequenceFlags::SPLICE_REGION);
        }
    }
    if transcript.end != end {
        let site = end + SPLICE_SITE;
        if place.changes(end + 1, site) {
            flags.insert(splice_site(is_reverse));
        }
        if place.changes(site + 1, end + SPLICE_REGION_INTRON)
            || place.changes(start.max(end - SPLICE_REGION_EXON + 1), end)
        {
            flags.insert(ConsequenceFlags::SPLICE_REGION);
        }
    }
    flags
}

const fn splice_site(is_acceptor: bool) -> ConsequenceFlags {
    if is_acceptor { ConsequenceFlags::SPLICE_ACCEPTOR } else { ConsequenceFlags::SPLICE_DONOR }
}

/// The short intron at which an allele is.
fn short_intron(place: &Allele<'_>, transcript: &Transcript) -> Option<(i32, i32)> {
    let (from, to) = (place.start.min(place.end), place.start.max(place.end));
    transcript.introns().find(|(start, end)| {
        is_short((*start, *end))
            && start - SPLICE_REGION_EXON <= to
            && from <= end + SPLICE_REGION_EXON
    })
}

/// What an insertion between an exon and a short intron does to the two ends of the intron, if it has no place
/// that leaves the bases of the splice site together. `bcftools csq` counts such an insertion into the intron:
/// whether the intron is real is not known.
fn at_border_of(
    (start, end): (i32, i32),
    places: &Placements<'_>,
    transcript: &Transcript,
) -> Option<[ConsequenceFlags; 2]> {
    if !places.first.is_insertion() {
        return None;
    }
    let ends = [&places.first, &places.last];
    let is_at = |border: i32, first: i32, last: i32| {
        ends.iter().any(|place| place.start == border)
            && ends.iter().all(|place| place.start == border || place.overlaps(first, last))
    };
    let is_reverse = transcript.strand.is_reverse();
    let is_acceptor = if is_at(start, start, start + SPLICE_SITE - 1) {
        is_reverse
    } else if is_at(end + 1, end - SPLICE_SITE + 1, end) {
        !is_reverse
    } else {
        return None;
    };
    let other_end = match end - start + 1 {
        ..SPLICE_SITE => splice_site(!is_acceptor),
        SPLICE_SITE..SPLICE_REGION_INTRON => ConsequenceFlags::SPLICE_REGION,
        _ => ConsequenceFlags::empty(),
    };
    Some([splice_site(is_acceptor), other_end])
}

/// What a deletion from one exon into an intron does to the coding sequence, as `bcftools csq` names it: by the
/// number of coding bases. A single one is reported with the splice site only. `None` if other bases of the
/// coding sequence or of exons are deleted, too, or if several bases replace them.
fn beside_site(
    coding: &CodingSequence,
    transcript: &Transcript,
    place: &Allele<'_>,
) -> Option<ConsequenceFlags> {
    if place.alt.len() > 1 || place.alt.len() >= place.reference.len() {
        return None;
    }
    let is_deleted = |start, end| place.overlaps(start, end);
    let mut exons = transcript.exons.iter().filter(|exon| is_deleted(exon.start, exon.end));
    let (exon, None) = (exons.next()?, exons.next()) else { return None };
    let mut segments = coding.segments.iter().filter(|part| is_deleted(part.start, part.end));
    let (part, None) = (segments.next()?, segments.next()) else { return None };
    let (first, last) = (place.start.max(exon.start), place.end.min(exon.end));
    if first < part.start || part.end < last || (place.start < first && last < place.end) {
        return None;
    }
    let deleted = last - first + 1;
    let removed = deleted - place.alt.len() as i32;
    Some(match (deleted, removed % 3) {
        (1, _) => ConsequenceFlags::empty(),
        (_, 0) => ConsequenceFlags::INFRAME_DELETION,
        _ => ConsequenceFlags::FRAMESHIFT,
    })
}

/// The splice sites and regions that an allele changes.
fn splice_flags_at(place: &Allele<'_>, transcript: &Transcript) -> ConsequenceFlags {
    let (from, to) = (place.start.min(place.end), place.start.max(place.end));
    let is_near = |exon: &&Exon| {
        exon.start - SPLICE_REGION_INTRON <= to && from <= exon.end + SPLICE_REGION_INTRON
    };
    let flags = transcript
        .exons
        .iter()
        .filter(is_near)
        .map(|exon| splice_flags_of_exon(place, (exon.start, exon.end), transcript));
    flags.fold(ConsequenceFlags::empty(), ConsequenceFlags::union)
}

fn splice_flags(introns: &IntronOverlap) -> ConsequenceFlags {
    let mut flags = ConsequenceFlags::empty();
    flags.set(ConsequenceFlags::SPLICE_ACCEPTOR, introns.acceptor);
    flags.set(ConsequenceFlags::SPLICE_DONOR, introns.donor);
    flags.set(ConsequenceFlags::SPLICE_REGION, introns.region);
    flags
}

fn utr_flags(location: &Location) -> ConsequenceFlags {
    let mut flags = ConsequenceFlags::empty();
    flags.set(ConsequenceFlags::UTR5, location.untranslated.0);
    flags.set(ConsequenceFlags::UTR3, location.untranslated.1);
    flags
}

/// What several bases that replace another number of bases do to a feature, as the development version of
/// `bcftools csq` names it.
const fn length_change_class(allele: &Allele<'_>) -> ConsequenceFlags {
    let (removed, added) = (allele.reference.len(), allele.alt.len());
    if removed < 2 || added < 2 || removed == added {
        ConsequenceFlags::empty()
    } else if added > removed {
        ConsequenceFlags::ELONGATION
    } else {
        ConsequenceFlags::TRUNCATION
    }
}

/// Whether a deletion before the start codon could also be in it, such that the bases that move in restore
/// it. `bcftools csq` calls that `start_retained`. Returns the untranslated regions that are reported, too.
fn start_retained(
    transcript: &Transcript,
    location: &Location,
    place: &Allele<'_>,
    places: &Placements<'_>,
) -> Option<ConsequenceFlags> {
    let is_deletion = place.alt.is_empty() && places.are_several();
    let is_utr = location.untranslated.0 && !location.in_cds && location.cdna.both().is_some();
    if !is_deletion || !is_utr || transcript.flags.cds_start_nf {
        return None;
    }
    let cds = transcript.cds.as_ref()?;
    let other = if place.start == places.first.start { &places.last } else { &places.first };
    let mut codon = cds.regions(transcript.strand, 1, 3);
    codon.any(|(start, end)| other.overlaps(start, end)).then(|| {
        let is_inside = cds.segments.iter().any(|s| s.start <= other.start && other.end <= s.end);
        if is_inside { ConsequenceFlags::empty() } else { ConsequenceFlags::UTR5 }
    })
}

/// The segment of a coding sequence that an allele changes, and the part of the allele in it. `None` if
/// the allele crosses the ends of the segment and changes its length, or if bases are read twice.
fn coding_part<'a>(coding: &CodingSequence, allele: &Allele<'a>) -> Option<(u16, Allele<'a>)> {
    let touches = |segment: &Segment| {
        if allele.is_insertion() {
            segment.start <= allele.start && allele.start <= segment.end + 1
        } else {
            allele.overlaps(segment.start, segment.end)
        }
    };
    let mut touched = (0..).zip(&coding.segments).filter(|(_, segment)| touches(segment));
    let (number, segment) = touched.next()?;
    if touched.next().is_some() {
        return None;
    }
    if segment.start <= allele.start && allele.end <= segment.end {
        return Some((number, *allele));
    }
    let part = allele.part_in(segment.start, segment.end).filter(|part| !part.is_reference())?;
    Some((number, part))
}

/// The edit of a coding sequence by the part of an allele in a segment, of a record at `pos`.
fn edit_of(
    segment: &Segment,
    part: &Allele<'_>,
    allele: &RecordAllele<'_>,
    places: &Placements<'_>,
    pos: i32,
) -> Edit {
    let (removed, inserted) = (part.reference.len() as i32, part.alt.len() as i32);
    let is_substitution = removed == inserted;
    let place = part.start;
    Edit {
        offset: segment.offset + place - segment.start,
        place,
        given: if is_substitution { place } else { allele.minimal.start },
        places: if is_substitution {
            (place, place)
        } else {
            (places.first.start, places.last.start)
        },
        removed,
        inserted,
        segment: (segment.start, segment.end),
        pos,
    }
}
