//! Annotates one record: validates it, compares it with the reference and the gene models, and
//! writes the annotated line.

use crate::allele::{Allele, MAX_POSITION, shows_without_first_base};
use crate::annotation_format::{AnnotationFormat, Entry, PROMOTER_BASES, SiteEntry};
use crate::annotation_options::{AnnotationOptions, includes};
use crate::colocated::{ColocatedVariants, EntryKey, LookedUp, SourceSet};
use crate::consequence::{AlleleConsequence, Junctions, SoTerm, SoTerms};
use crate::error::InputError;
use crate::hgvs::HgvsText;
use crate::info::{OwnKeys, begin_field, copy_info};
use crate::model::{Gene, Transcript};
use crate::pick::{Candidate, Picks};
use crate::placements::{Placements, RotatedBases};
use crate::record_reader::{RecordOptions, RecordReader};
use crate::reference::{ContigView, Reference};
use crate::report::{AnnotationGap, AnnotationGaps, Counts, RegionClass, RegionClasses};
use crate::structural_variant::{
    Mate, StructuralInfo, StructuralProblem, StructuralVariant, is_tandem_repeat,
};
use crate::text::push_escaped;
use crate::variant::Variant;
use gas_shared::variant::VariantType;
use gas_shared::vcf::{AltKind, InputLimits, Record};
use gas_shared::{Selection, Transcripts};
use gas_sources::{Damaged, RecordAllele};

/// Annotates records; one for each thread. Buffers are reused for each record, so that annotating
/// an allele does not allocate.
pub struct Annotator<'r> {
    records: RecordReader<'r>,
    own_keys: OwnKeys,
    format: AnnotationFormat,
    annotations: AnnotationOptions,
    picks: Picks<'r>,
    consequence: AlleleConsequence,
    colocated: ColocatedVariants<'r>,
    hgvs: HgvsText,
    rotated: RotatedBases,
    /// The bases of a tandem repeat.
    repeat: Vec<u8>,
    shown: Vec<u8>,
}

/// An end of a variant: the variant itself, or the mate of a breakend.
struct VariantEnd<'a, 'r> {
    contig: ContigView<'r>,
    variant: &'a Variant<'a>,
    /// 0, or 1 for the mate.
    number: u8,
    junctions: Junctions,
}

impl<'a, 'r> VariantEnd<'a, 'r> {
    fn new(
        reference: &Reference,
        contig: ContigView<'r>,
        variant: &'a Variant<'a>,
        number: u8,
    ) -> Self {
        let junctions = match variant {
            Variant::Sequence(places) => Junctions::of_sequence(&contig, places),
            Variant::Structural(variant) => Junctions::of_structural(reference, &contig, variant),
        };
        Self { contig, variant, number, junctions }
    }
}

/// The record that entries are written for.
struct RecordEntries<'a> {
    /// POS, REF and the ALT that is being annotated, and its number.
    allele: LookedUp<'a>,
    /// Where INFO begins in the output.
    info_start: usize,
    /// Whether the record has no entry yet.
    is_empty: bool,
    region_classes: RegionClasses,
}

/// What became of the alleles of a record.
#[derive(Clone, Copy, Debug, Default)]
struct Annotated {
    /// Whether any of them is a variant.
    has_variants: bool,
    /// Whether the annotations are cut at the limit.
    is_cut: bool,
    /// Whether the reference lacks a transcript at any of them.
    lacks_models: bool,
}

impl<'r> Annotator<'r> {
    /// Creates an annotator for records with `samples` samples. Values of the annotation key that they
    /// have already are removed.
    pub fn new(reference: &'r Reference, samples: usize, format: AnnotationFormat) -> Self {
        Self {
            records: RecordReader::new(reference, samples),
            own_keys: OwnKeys::of_run(format.key(), reference),
            format,
            annotations: AnnotationOptions::default(),
            picks: Picks::new(Vec::new()),
            consequence: AlleleConsequence::default(),
            colocated: ColocatedVariants::of_tracks(reference),
            hgvs: HgvsText::default(),
            rotated: RotatedBases::default(),
            repeat: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Sets other options of a run than the defaults.
    pub(crate) fn with_options(mut self, options: &RecordOptions) -> Self {
        self.records.options = options.clone();
        self
    }

    /// Sets which annotations of an allele are written.
    pub fn with_annotations(mut self, options: &AnnotationOptions) -> Self {
        self.annotations = options.clone();
        self.picks = Picks::new(options.pick_order.clone());
        self
    }

    /// Adds what sources know: as fields of CSQ, or as INFO keys.
    pub fn with_sources(mut self, sources: &'r SourceSet) -> Self {
        let (reference, is_info) = (self.records.reference, self.format != AnnotationFormat::Csq);
        self.colocated = ColocatedVariants::new(reference, sources, is_info);
        self.own_keys.extend(sources.info_keys().filter(|_| is_info));
        self
    }

    /// Writes protein descriptions as predictions, `p.(Gly2Ala)`.
    pub fn with_predicted_proteins(mut self, predicted: bool) -> Self {
        self.hgvs.predicted_proteins = predicted;
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

    /// Annotates a line (without its line end) and appends the annotated line to `out`. Returns the
    /// position of the record.
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
        self.colocated.begin_record(&record);
        out.extend_from_slice(record.before_info);
        let info_start = out.len();
        copy_info(out, record.info, &self.own_keys);
        let (gap, contig) = self.records.find_gap(&record);
        let Annotated { has_variants, is_cut, lacks_models } = match contig {
            Some(contig) => self.annotate(&contig, &record, out, info_start),
            None => {
                let has_variants = self.records.count_alleles(&record) > 0;
                Annotated { has_variants, ..Annotated::default() }
            }
        };
        let gap = self.records.count_gap(gap, has_variants);
        let mut gaps = gap.map(AnnotationGaps::from).unwrap_or_default();
        if is_cut {
            gaps.insert(AnnotationGap::TooManyConsequences);
            self.records.counts.add_cut((1, line_number));
        }
        if lacks_models {
            gaps.insert(AnnotationGap::LeftOutTranscript);
            self.records.counts.at_left_out_transcripts += 1;
        }
        if !gaps.is_empty() {
            begin_field(out, info_start);
            gaps.write(out);
        }
        self.finish_line(&record, out, info_start);
        Ok(record.pos)
    }

    /// The complete counts.
    pub fn into_counts(self) -> Counts {
        self.records.into_counts()
    }

    fn finish_line(&mut self, record: &Record<'_>, out: &mut Vec<u8>, info_start: usize) {
        self.colocated.write_info(out, info_start);
        self.records.counts.add_colocated(self.colocated.in_dbsnp(), self.colocated.hits());
        if out.len() == info_start {
            out.push(b'.');
        }
        if let Some(rest) = record.rest {
            out.push(b'\t');
            out.extend_from_slice(rest);
        }
        out.push(b'\n');
    }

    /// Annotates the alleles.
    fn annotate(
        &mut self,
        contig: &ContigView<'r>,
        record: &Record<'_>,
        out: &mut Vec<u8>,
        info_start: usize,
    ) -> Annotated {
        let drop_first = shows_without_first_base(record.reference, record.alt);
        let mut entries = RecordEntries {
            allele: LookedUp {
                record: RecordAllele {
                    position: u32::try_from(record.pos).unwrap_or(u32::MAX),
                    reference: record.reference,
                    alt: b"",
                },
                number: 0,
            },
            info_start,
            is_empty: true,
            region_classes: RegionClasses::default(),
        };
        let mut is_cut = false;
        let mut alts = 0;
        let mut lacks_models = false;
        let mut info = StructuralInfo::new(record.info, record.alt);
        let mut rotated = std::mem::take(&mut self.rotated);
        let mut repeat = std::mem::take(&mut self.repeat);
        for (number, alt) in record.alt.split(|b| *b == b',').enumerate() {
            let memory = (&mut info, &mut rotated, &mut repeat);
            let Some(variant) = self.read_variant(contig, record, (number, alt), memory) else {
                continue;
            };
            alts += 1;
            lacks_models |= self.lacks_models(contig, &variant);
            if is_cut {
                continue;
            }
            self.show_allele(&variant, alt, drop_first);
            entries.allele.record.alt = alt;
            entries.allele.number = number;
            is_cut = self.annotate_variant(contig, &variant, out, &mut entries).is_err();
        }
        self.rotated = rotated;
        self.repeat = repeat;
        self.records.counts.multiallelic += u64::from(alts > 1);
        self.records.counts.add_region_classes(entries.region_classes);
        Annotated { has_variants: !entries.is_empty, is_cut, lacks_models }
    }

    /// Whether the reference lacks a transcript where the variant is, at the mate of a breakend, or
    /// among the bases that a tandem duplication copies.
    fn lacks_models(&self, contig: &ContigView<'_>, variant: &Variant<'_>) -> bool {
        let (start, end) = variant.region();
        contig.lacks_models(start, end)
            || match variant {
                Variant::Structural(StructuralVariant { mate: Some(mate), .. }) => {
                    let contig = self.records.reference.contig(mate.contig);
                    contig
                        .is_some_and(|it| it.lacks_models(mate.start.saturating_sub(1), mate.start))
                }
                _ => false,
            }
    }

    /// Sets the text of an allele in CSQ. VEP's text is unique among the alleles of a record, unlike
    /// the minimal form, and is what programs look up.
    fn show_allele(&mut self, variant: &Variant<'_>, alt: &[u8], drop_first: bool) {
        self.shown.clear();
        if matches!(variant, Variant::Structural(_)) || alt.starts_with(b"<") {
            // Names and contigs may have characters that separate fields.
            push_escaped(&mut self.shown, alt);
            return;
        }
        let shown = &alt[usize::from(drop_first)..];
        self.shown.extend_from_slice(if shown.is_empty() { b"-" } else { shown });
        self.shown.make_ascii_uppercase();
    }

    /// Counts and parses an alternative; `None` if it is no variant.
    fn read_variant<'a, 'l: 'a>(
        &mut self,
        contig: &ContigView<'a>,
        record: &Record<'l>,
        (number, alt): (usize, &'l [u8]),
        (info, rotated, repeat): (&mut StructuralInfo<'l>, &'a mut RotatedBases, &'a mut Vec<u8>),
    ) -> Option<Variant<'a>> {
        let kind = AltKind::of(alt);
        let pos = i32::try_from(record.pos).ok().filter(|pos| *pos < MAX_POSITION);
        let kind = kind.filter(|kind| kind.is_variant(record.reference, alt));
        match (kind, pos) {
            (Some(AltKind::Sequence), Some(pos)) => {
                let allele = Allele::new(pos, record.reference, alt);
                self.records.count_sequence(record.reference, alt);
                Some(Variant::Sequence(Placements::new(contig, allele, rotated)))
            }
            (Some(AltKind::Symbolic | AltKind::Breakend), Some(pos)) => {
                self.records.counts.add_kind(VariantType::Structural, record.reference, alt);
                let limit = contig.sequence.len().min(MAX_POSITION as usize) as i32;
                let variant = StructuralVariant::read(pos, alt, number, info, limit);
                self.records.count_structural_problem(variant.problem, record.info);
                if is_tandem_repeat(alt) {
                    let written = info.write_repeat(number, &variant, repeat);
                    match contig.bases(variant.start, variant.end).filter(|_| written.is_ok()) {
                        Some(bases) => {
                            let allele = Allele::new(variant.start, bases, repeat);
                            let is_variant = !allele.is_reference();
                            return is_variant.then(|| {
                                Variant::Sequence(Placements::new(contig, allele, rotated))
                            });
                        }
                        None => {
                            let problem = written.err().unwrap_or(StructuralProblem::UnknownRepeat);
                            self.records.count_structural_problem(Some(problem), record.info);
                        }
                    }
                }
                if let Some(allele) = variant.as_tandem_copy(contig) {
                    return Some(Variant::Sequence(Placements::new(contig, allele, rotated)));
                }
                Some(Variant::Structural(variant))
            }
            _ => {
                self.records.counts.add_kind(VariantType::Other, record.reference, alt);
                None
            }
        }
    }

    fn annotate_variant(
        &mut self,
        contig: &ContigView<'r>,
        variant: &Variant<'_>,
        out: &mut Vec<u8>,
        entries: &mut RecordEntries<'_>,
    ) -> Result<(), TooLarge> {
        self.colocated.look_up(contig, variant, entries.allele);
        if self.annotations.hgvs {
            match variant {
                Variant::Sequence(places) => self.hgvs.begin(contig, places),
                Variant::Structural(variant) => self.hgvs.begin_structural(contig, variant),
            }
        }
        let end = VariantEnd::new(self.records.reference, *contig, variant, 0);
        // The other end of a breakend may be on another contig.
        let mate = self.find_mate(variant).map(|(mate_contig, mate)| {
            let back = (contig.name.as_bytes(), variant.span().0);
            (mate_contig, Variant::Structural(StructuralVariant::at_mate(mate, back)))
        });
        let other_end = mate
            .as_ref()
            .map(|(contig, variant)| VariantEnd::new(self.records.reference, *contig, variant, 1));
        let all = match self.annotations.selection {
            Selection::MostSevere => self.write_most_severe(&end, other_end.as_ref(), out, entries),
            selection => {
                if selection != Selection::All {
                    self.pick(&end, other_end.as_ref());
                }
                let mut all = self.annotate_transcripts(&end, out, entries)?;
                let is_outside = match selection {
                    Selection::Pick => self.picks.is_empty(),
                    _ => all.is_empty(),
                };
                if is_outside {
                    let is_picked = self.picks.is_empty() && selection == Selection::FlagPick;
                    all.insert(self.write_outside(&end, is_picked, out, entries));
                }
                if let Some(other_end) = &other_end {
                    // The record's regions are those of POS.
                    let region_classes = entries.region_classes;
                    let more = self.annotate_transcripts(other_end, out, entries);
                    entries.region_classes = region_classes;
                    all = all.union(more?);
                }
                all
            }
        };
        self.records.counts.add_terms(all);
        Ok(())
    }

    /// The mate of a breakend and its contig, if the reference has its position.
    fn find_mate<'m>(&mut self, variant: &Variant<'m>) -> Option<(ContigView<'r>, Mate<'m>)> {
        let Variant::Structural(StructuralVariant { mate: Some(mate), .. }) = variant else {
            return None;
        };
        let contig = self.records.reference.contig(mate.contig);
        // The position after the last base is a telomere, and `]` joins what is before the mate.
        let is_past = |c: &ContigView<'_>| i64::from(mate.start) > c.sequence.len() as i64 + 2;
        let problem = match contig {
            Some(contig) if is_past(&contig) => StructuralProblem::MatePastContig,
            Some(contig) => return Some((contig, *mate)),
            None => StructuralProblem::MateContig,
        };
        self.records.count_structural_problem(Some(problem), b"");
        None
    }

    /// Computes the consequences of one end of a variant on a transcript. Returns `false` if the transcript
    /// is too far away.
    #[inline]
    fn fill(&mut self, end: &VariantEnd<'_, 'r>, transcript: &Transcript) -> bool {
        let near = match end.variant {
            Variant::Sequence(places) => self.consequence.fill(&end.contig, transcript, places),
            Variant::Structural(structural) => {
                self.consequence.fill_structural(&end.contig, transcript, structural)
            }
        };
        if near && let Some(term) = end.junctions.fusion(end.contig.number, transcript) {
            self.consequence.terms.insert(term);
        }
        near
    }

    /// Picks the transcripts whose annotations are written or marked.
    fn pick(&mut self, end: &VariantEnd<'_, 'r>, other_end: Option<&VariantEnd<'_, 'r>>) {
        self.picks.clear();
        let per_gene = self.annotations.selection == Selection::PerGene;
        for end in std::iter::once(end).chain(other_end) {
            let contig = end.contig;
            let (from, to) = end.variant.reach();
            for index in contig.transcripts.query(from.min(to), from.max(to)) {
                let transcript = &contig.model.transcripts[index as usize];
                if !includes(self.annotations.transcripts, transcript)
                    || !per_gene && self.picks.rules_out(transcript)
                    || !self.fill(end, transcript)
                {
                    continue;
                }
                let (number, terms) = (end.number, self.consequence.terms);
                let candidate =
                    Candidate { end: number, contig: contig.number, index, transcript, terms };
                if per_gene {
                    self.picks.add(candidate);
                } else {
                    self.picks.offer(candidate);
                }
            }
        }
        if per_gene {
            self.picks.keep_one_per_gene();
        }
    }

    /// Writes an entry for each transcript that one end of the variant touches or is near to, or for those that
    /// are picked. Returns the terms of all entries.
    fn annotate_transcripts(
        &mut self,
        end: &VariantEnd<'_, 'r>,
        out: &mut Vec<u8>,
        entries: &mut RecordEntries<'_>,
    ) -> Result<SoTerms, TooLarge> {
        let mut all = SoTerms::EMPTY;
        if matches!(self.annotations.selection, Selection::Pick | Selection::PerGene) {
            let mut n = 0;
            while let Some(pick) = self.picks.get(n) {
                n += 1;
                if pick.end == end.number {
                    all = all.union(self.annotate_transcript(end, pick.index, out, entries)?);
                }
            }
            return Ok(all);
        }
        let contig = end.contig;
        let (start, stop) = end.variant.reach();
        for index in contig.transcripts.query(start.min(stop), start.max(stop)) {
            all = all.union(self.annotate_transcript(end, index, out, entries)?);
        }
        Ok(all)
    }

    /// Writes an entry for a transcript if the variant touches it or is near to it. Returns its terms.
    #[inline]
    fn annotate_transcript(
        &mut self,
        end: &VariantEnd<'_, 'r>,
        index: u32,
        out: &mut Vec<u8>,
        entries: &mut RecordEntries<'_>,
    ) -> Result<SoTerms, TooLarge> {
        let contig = &end.contig;
        let transcript = &contig.model.transcripts[index as usize];
        if !includes(self.annotations.transcripts, transcript) || !self.fill(end, transcript) {
            return Ok(SoTerms::EMPTY);
        }
        begin_entry(out, entries, self.format);
        if self.annotations.hgvs
            && let Variant::Sequence(places) = end.variant
        {
            self.hgvs.describe(contig, transcript, places, &self.consequence);
        }
        self.colocated.enter(EntryKey { contig, transcript });
        let optional = self.annotations.optional_fields();
        let entry = Entry {
            allele: &self.shown,
            record_allele: entries.allele.record.alt,
            gene: &contig.model.genes[transcript.gene as usize],
            transcript,
            consequence: &self.consequence,
            hgvs: &self.hgvs,
            colocated: &self.colocated,
            optional,
            is_picked: optional.pick && self.picks.is_pick(end.number, index),
        };
        self.format.write(out, &entry);
        let most = self.records.options.limits.line_bytes + InputLimits::ANNOTATION_BYTES;
        if out.len() - entries.info_start > most {
            return Err(TooLarge);
        }
        for term in self.consequence.terms.iter() {
            self.records.counts.terms[term as usize] += 1;
        }
        let is_coding = transcript.cds.is_some();
        add_region_classes(&self.consequence, is_coding, &mut entries.region_classes);
        Ok(self.consequence.terms)
    }

    /// Writes the entry of an allele that is not near any of the run's transcripts. Returns its term.
    fn write_outside(
        &mut self,
        end: &VariantEnd<'_, 'r>,
        is_picked: bool,
        out: &mut Vec<u8>,
        entries: &mut RecordEntries<'_>,
    ) -> SoTerm {
        if self.is_near_left_out_transcript(end) {
            // In a gene, although not in one of the chosen transcripts.
            self.write_site(SoTerm::Sequence, None, is_picked, out, entries);
            return SoTerm::Sequence;
        }
        let genes = &end.contig.model.genes;
        let nearest = end.contig.nearest_gene(end.variant.span().0);
        let nearest = nearest.map(|(gene, distance)| (&genes[gene as usize], distance));
        self.write_site(SoTerm::Intergenic, nearest, is_picked, out, entries);
        entries.region_classes.insert(RegionClass::Intergenic);
        SoTerm::Intergenic
    }

    /// Whether the variant touches or is near to a transcript that the options leave out.
    fn is_near_left_out_transcript(&mut self, end: &VariantEnd<'_, 'r>) -> bool {
        if self.annotations.transcripts == Transcripts::All {
            return false;
        }
        let contig = end.contig;
        let (start, stop) = end.variant.reach();
        let mut indexes = contig.transcripts.query(start.min(stop), start.max(stop));
        indexes.any(|index| self.fill(end, &contig.model.transcripts[index as usize]))
    }

    /// Writes an entry without a transcript.
    fn write_site(
        &mut self,
        term: SoTerm,
        nearest: Option<(&Gene, i32)>,
        is_picked: bool,
        out: &mut Vec<u8>,
        entries: &mut RecordEntries<'_>,
    ) {
        begin_entry(out, entries, self.format);
        self.colocated.leave_entry();
        let entry = SiteEntry {
            allele: &self.shown,
            record_allele: entries.allele.record.alt,
            term,
            hgvs: &self.hgvs,
            colocated: &self.colocated,
            nearest,
            optional: self.annotations.optional_fields(),
            is_picked,
        };
        self.format.write_site(out, &entry);
        self.records.counts.terms[term as usize] += 1;
    }

    /// Writes one entry with the most severe consequence of all transcripts. Returns its term.
    fn write_most_severe(
        &mut self,
        end: &VariantEnd<'_, 'r>,
        other_end: Option<&VariantEnd<'_, 'r>>,
        out: &mut Vec<u8>,
        entries: &mut RecordEntries<'_>,
    ) -> SoTerms {
        let mut all = SoTerms::EMPTY;
        for end in std::iter::once(end).chain(other_end) {
            let contig = end.contig;
            let (from, to) = end.variant.reach();
            for index in contig.transcripts.query(from.min(to), from.max(to)) {
                let transcript = &contig.model.transcripts[index as usize];
                if !includes(self.annotations.transcripts, transcript)
                    || !self.fill(end, transcript)
                {
                    continue;
                }
                all = all.union(self.consequence.terms);
                if end.number == 0 {
                    let is_coding = transcript.cds.is_some();
                    add_region_classes(&self.consequence, is_coding, &mut entries.region_classes);
                }
            }
        }
        SoTerms::of(match all.most_severe() {
            Some(term) => {
                self.write_site(term, None, false, out, entries);
                term
            }
            None => self.write_outside(end, false, out, entries),
        })
    }
}

/// The annotations of a record are larger than [`InputLimits::ANNOTATION_BYTES`]; what is written is kept.
struct TooLarge;

/// Appends the separator before an entry: a comma, or the key before the first entry.
fn begin_entry(out: &mut Vec<u8>, entries: &mut RecordEntries<'_>, format: AnnotationFormat) {
    if !entries.is_empty {
        out.push(b',');
        return;
    }
    entries.is_empty = false;
    begin_field(out, entries.info_start);
    out.extend_from_slice(format.key().as_bytes());
    out.push(b'=');
}

fn add_region_classes(
    consequence: &AlleleConsequence,
    coding: bool,
    region_classes: &mut RegionClasses,
) {
    let terms = consequence.terms;
    if let Some(distance) = consequence.distance {
        let upstream = terms.contains(SoTerm::Upstream);
        region_classes.insert(if upstream {
            RegionClass::Upstream
        } else {
            RegionClass::Downstream
        });
        if upstream && distance <= PROMOTER_BASES {
            region_classes.insert(RegionClass::Promoter);
        }
        return;
    }
    let location = &consequence.location;
    if location.in_cds {
        region_classes.insert(RegionClass::Cds);
    }
    if terms.contains(SoTerm::ThreePrimeUtr) {
        region_classes.insert(RegionClass::ThreePrimeUtr);
    }
    if terms.contains(SoTerm::FivePrimeUtr) {
        region_classes.insert(RegionClass::FivePrimeUtr);
    }
    if location.intron_numbers.is_some() {
        region_classes.insert(if coding {
            RegionClass::Intronic
        } else {
            RegionClass::NonCodingIntronic
        });
    }
    if location.in_cdna {
        region_classes.insert(if coding {
            RegionClass::Exonic
        } else {
            RegionClass::NonCodingExonic
        });
    }
    let introns = location.introns;
    if introns.donor || introns.acceptor || introns.region {
        region_classes.insert(RegionClass::Splice);
    }
}
