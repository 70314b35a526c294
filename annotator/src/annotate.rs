//! Annotates one record: validates it, compares it with the reference and the gene models, and
//! writes the annotated line.

use crate::allele::{Allele, MAX_POSITION, shows_without_first_base};
use crate::annotation_format::{
    AnnotationFormat, Entry, PROMOTER_BASES, write_ann, write_ann_intergenic, write_csq,
    write_csq_intergenic,
};
use crate::colocated::ColocatedVariants;
use crate::consequence::{Effect, Junctions, SoTerm, SoTerms};
use crate::error::InputError;
use crate::hgvs::HgvsText;
use crate::info::{OwnKeys, begin_field, copy_info};
use crate::placements::{Placements, RotatedBases};
use crate::record_prepass::{RecordOptions, RecordPrepass};
use crate::reference::{ContigView, Reference};
use crate::report::{AnnotationGap, AnnotationGaps, Counts, RegionClass, RegionClasses};
use crate::structural_variant::{
    StructuralInfo, StructuralProblem, StructuralVariant, is_tandem_repeat,
};
use crate::text::push_escaped;
use crate::variant::Variant;
use gas_shared::variant::VariantType;
use gas_shared::vcf::{AltKind, InputLimits, Record};

/// Annotates records; one for each thread. Buffers are reused for each record, so that annotating
/// an allele does not allocate.
pub struct Annotator<'r> {
    prepass: RecordPrepass<'r>,
    own_keys: OwnKeys,
    format: AnnotationFormat,
    effect: Effect,
    colocated: ColocatedVariants,
    hgvs: HgvsText,
    rotated: RotatedBases,
    /// The bases of a tandem repeat.
    repeat: Vec<u8>,
    shown: Vec<u8>,
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
            prepass: RecordPrepass::new(reference, samples),
            own_keys: OwnKeys::of_run(format.key(), reference),
            format,
            effect: Effect::default(),
            colocated: ColocatedVariants::default(),
            hgvs: HgvsText::default(),
            rotated: RotatedBases::default(),
            repeat: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Sets other options of a run than the defaults.
    pub(crate) fn with_options(mut self, options: &RecordOptions) -> Self {
        self.prepass.options = options.clone();
        self
    }

    /// Writes protein descriptions as predictions, `p.(Gly2Ala)`.
    pub fn with_predicted_proteins(mut self, predicted: bool) -> Self {
        self.hgvs.predicted_proteins = predicted;
        self
    }

    /// The counts so far, without those of the current contig.
    pub fn counts(&self) -> &Counts {
        &self.prepass.counts
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
        let record = self.prepass.read(line_number, line)?;
        self.colocated.begin_record(self.prepass.reference.tracks(), record.id);
        out.extend_from_slice(record.before_info);
        let info_start = out.len();
        copy_info(out, record.info, &self.own_keys);
        let (gap, contig) = self.prepass.find_gap(&record);
        let Annotated { has_variants, is_cut, lacks_models } = match contig {
            Some(contig) => self.annotate(&contig, &record, out, info_start),
            None => {
                let has_variants = self.prepass.count_alleles(&record) > 0;
                Annotated { has_variants, ..Annotated::default() }
            }
        };
        let gap = self.prepass.count_gap(gap, has_variants);
        let mut gaps = gap.map(AnnotationGaps::from).unwrap_or_default();
        if is_cut {
            gaps.insert(AnnotationGap::TooManyConsequences);
            self.prepass.counts.add_cut((1, line_number));
        }
        if lacks_models {
            gaps.insert(AnnotationGap::LeftOutTranscript);
            self.prepass.counts.at_left_out_transcripts += 1;
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
        self.prepass.into_counts()
    }

    fn finish_line(&mut self, record: &Record<'_>, out: &mut Vec<u8>, info_start: usize) {
        let tracks = self.prepass.reference.tracks();
        self.colocated.write_info(tracks, out, info_start);
        self.prepass.counts.add_colocated(self.colocated.in_dbsnp(), self.colocated.hits());
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
        let mut region_classes = RegionClasses::default();
        let mut first_entry = true;
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
            let (start, end) = variant.span();
            lacks_models |= contig.lacks_models(start.min(end), start.max(end));
            if is_cut {
                continue;
            }
            self.show_allele(&variant, alt, drop_first);
            let entries = (&mut first_entry, info_start);
            let result =
                self.annotate_variant(contig, &variant, alt, out, entries, &mut region_classes);
            is_cut = result.is_err();
        }
        self.rotated = rotated;
        self.repeat = repeat;
        self.prepass.counts.multiallelic += u64::from(alts > 1);
        self.prepass.counts.add_region_classes(region_classes);
        Annotated { has_variants: !first_entry, is_cut, lacks_models }
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
                self.prepass.count_sequence(record.reference, alt);
                Some(Variant::Sequence(Placements::new(contig, allele, rotated)))
            }
            (Some(AltKind::Symbolic | AltKind::Breakend), Some(pos)) => {
                self.prepass.counts.add_kind(VariantType::Structural, record.reference, alt);
                let limit = contig.sequence.len().min(MAX_POSITION as usize) as i32;
                let variant = StructuralVariant::read(pos, alt, number, info, limit);
                self.prepass.count_structural_problem(variant.problem, record.info);
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
                            self.prepass.count_structural_problem(Some(problem), record.info);
                        }
                    }
                }
                if let Some(allele) = variant.as_tandem_copy(contig) {
                    return Some(Variant::Sequence(Placements::new(contig, allele, rotated)));
                }
                Some(Variant::Structural(variant))
            }
            _ => {
                self.prepass.counts.add_kind(VariantType::Other, record.reference, alt);
                None
            }
        }
    }

    fn annotate_variant(
        &mut self,
        contig: &ContigView<'r>,
        variant: &Variant<'_>,
        record_allele: &[u8],
        out: &mut Vec<u8>,
        entries: (&mut bool, usize),
        region_classes: &mut RegionClasses,
    ) -> Result<(), TooLarge> {
        let (first_entry, info_start) = entries;
        self.colocated.look_up(self.prepass.reference.tracks(), contig.number, variant);
        match variant {
            Variant::Sequence(places) => self.hgvs.begin(contig, places),
            Variant::Structural(variant) => self.hgvs.begin_structural(contig, variant),
        }
        let entries = (&mut *first_entry, info_start);
        let mut all = self.annotate_transcripts(
            contig,
            variant,
            record_allele,
            out,
            entries,
            region_classes,
        )?;
        if all.is_empty() {
            begin_entry(out, first_entry, info_start, self.format);
            let nearest = contig.nearest_gene(variant.span().0);
            let nearest =
                nearest.map(|(gene, distance)| (&contig.model.genes[gene as usize], distance));
            match self.format {
                AnnotationFormat::Csq => {
                    write_csq_intergenic(
                        out,
                        &self.shown,
                        &self.colocated,
                        &self.hgvs.genomic,
                        nearest,
                    );
                }
                AnnotationFormat::Ann => write_ann_intergenic(out, record_allele, nearest),
            }
            all.insert(SoTerm::Intergenic);
            self.prepass.counts.terms[SoTerm::Intergenic as usize] += 1;
            region_classes.insert(RegionClass::Intergenic);
        }
        // The other end of a breakend may be on another contig. The record's regions are those of POS.
        if let Variant::Structural(StructuralVariant { mate: Some(mate), .. }) = variant {
            let mate_contig = self.prepass.reference.contig(mate.contig);
            // The position after the last base is a telomere, and `]` joins what is before the mate.
            let is_past = |c: &ContigView<'_>| i64::from(mate.start) > c.sequence.len() as i64 + 2;
            if mate_contig.as_ref().is_some_and(is_past) {
                let problem = StructuralProblem::MatePastContig;
                self.prepass.count_structural_problem(Some(problem), b"");
            } else if let Some(mate_contig) = mate_contig {
                let back = (contig.name.as_bytes(), variant.span().0);
                let other_end = Variant::Structural(StructuralVariant::at_mate(*mate, back));
                let entries = (&mut *first_entry, info_start);
                let unused = &mut RegionClasses::default();
                all = all.union(self.annotate_transcripts(
                    &mate_contig,
                    &other_end,
                    record_allele,
                    out,
                    entries,
                    unused,
                )?);
            } else {
                let problem = StructuralProblem::MateContig;
                self.prepass.count_structural_problem(Some(problem), b"");
            }
        }
        self.prepass.counts.add_terms(all);
        Ok(())
    }

    /// Writes an entry for each transcript that the variant touches or is near to. Returns the terms
    /// of all entries.
    fn annotate_transcripts(
        &mut self,
        contig: &ContigView<'r>,
        variant: &Variant<'_>,
        record_allele: &[u8],
        out: &mut Vec<u8>,
        (first_entry, info_start): (&mut bool, usize),
        region_classes: &mut RegionClasses,
    ) -> Result<SoTerms, TooLarge> {
        let most = self.prepass.options.limits.line_bytes + InputLimits::ANNOTATION_BYTES;
        let mut all = SoTerms::EMPTY;
        let junctions = match variant {
            Variant::Sequence(places) => Junctions::of_sequence(contig, places),
            Variant::Structural(variant) => {
                Junctions::of_structural(self.prepass.reference, contig, variant)
            }
        };
        let (start, end) = variant.reach();
        for index in contig.transcripts.query(start.min(end), start.max(end)) {
            let transcript = &contig.model.transcripts[index as usize];
            let near = match variant {
                Variant::Sequence(places) => self.effect.fill(contig, transcript, places),
                Variant::Structural(structural) => {
                    self.effect.fill_structural(transcript, structural)
                }
            };
            if !near {
                continue;
            }
            if let Some(term) = junctions.fusion(contig.number, transcript) {
                self.effect.terms.insert(term);
            }
            begin_entry(out, first_entry, info_start, self.format);
            if let Variant::Sequence(places) = variant {
                self.hgvs.describe(contig, transcript, places, &self.effect);
            }
            let gene = &contig.model.genes[transcript.gene as usize];
            let entry = Entry {
                allele: &self.shown,
                record_allele,
                gene,
                transcript,
                effect: &self.effect,
                hgvs: &self.hgvs,
                colocated: &self.colocated,
            };
            match self.format {
                AnnotationFormat::Csq => write_csq(out, &entry),
                AnnotationFormat::Ann => write_ann(out, &entry),
            }
            if out.len() - info_start > most {
                return Err(TooLarge);
            }
            for term in self.effect.terms.iter() {
                all.insert(term);
                self.prepass.counts.terms[term as usize] += 1;
            }
            add_region_classes(&self.effect, transcript.cds.is_some(), region_classes);
        }
        Ok(all)
    }
}

/// The annotations of a record are larger than [`InputLimits::ANNOTATION_BYTES`]; what is written is kept.
struct TooLarge;

/// Appends the separator before an entry: a comma, or the key before the first entry.
fn begin_entry(out: &mut Vec<u8>, first: &mut bool, info_start: usize, format: AnnotationFormat) {
    if !*first {
        out.push(b',');
        return;
    }
    *first = false;
    begin_field(out, info_start);
    out.extend_from_slice(format.key().as_bytes());
    out.push(b'=');
}

fn add_region_classes(effect: &Effect, coding: bool, region_classes: &mut RegionClasses) {
    let terms = effect.terms;
    if let Some(distance) = effect.distance {
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
    let location = &effect.location;
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
