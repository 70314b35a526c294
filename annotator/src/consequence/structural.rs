//! Consequences of structural variants. Their new sequence is not looked at, so they have no codons
//! and no transcript descriptions.
//!
//! The predicates are those that VEP has for structural variants; where the definition of a term in
//! the Sequence Ontology says something else, it decides (see the README of the crate).

use super::allele_consequence::{AlleleConsequence, noncoding_exon_term};
use super::locate::{IntronOverlap, locate};
use super::so_terms::SoTerms;
use super::translatable::Translatable;
use crate::allele::Allele;
use crate::model::Transcript;
use crate::reference::ContigView;
use crate::structural_variant::{Ends, StructuralKind, StructuralVariant};
use gas_shared::variant::SoTerm;

impl AlleleConsequence {
    /// Computes the consequences of a structural variant. Returns `false` if the transcript is too
    /// far away.
    pub fn fill_structural(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        variant: &StructuralVariant<'_>,
    ) -> bool {
        let allele = span(variant.start, variant.end);
        self.terms = SoTerms::EMPTY;
        self.distance = None;
        self.codons.clear();
        if !allele.overlaps(transcript.start, transcript.end) {
            return self.fill_nearby(transcript, &allele);
        }
        self.fill_overlapping(contig, transcript, variant);
        true
    }

    /// The terms of a transcript that gets a second copy of its bases `start..=end`, which include a whole
    /// exon or intron: how the copies are spliced is not known.
    pub(super) fn fill_copied(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        (start, end): (i32, i32),
    ) {
        let copy = StructuralVariant::exact(StructuralKind::Duplication, start, end);
        self.start = start;
        self.fill_overlapping(contig, transcript, &copy);
    }

    fn fill_overlapping(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        variant: &StructuralVariant<'_>,
    ) {
        self.location = locate(transcript, &span(variant.start, variant.end));
        if variant.covers(transcript.start, transcript.end) {
            self.fill_covered(transcript, variant.kind);
            return;
        }
        self.location.introns = sites(variant, transcript, self.location.introns);
        self.feature_terms(transcript, variant);
        self.splice_terms();
        match transcript.cds {
            Some(_) => {
                self.utr_terms();
                self.structural_coding_terms(contig, transcript, variant);
                self.coding_transcript_terms(transcript);
            }
            None => self.terms.insert(if self.location.in_cdna {
                noncoding_exon_term(transcript)
            } else {
                SoTerm::NonCodingTranscript
            }),
        }
    }

    /// The terms of a transcript that lies within the variant.
    fn fill_covered(&mut self, transcript: &Transcript, kind: StructuralKind) {
        match kind {
            StructuralKind::Deletion => self.terms = SoTerms::of(SoTerm::TranscriptAblation),
            StructuralKind::Duplication
            | StructuralKind::CopyGain
            | StructuralKind::CopyGains
            | StructuralKind::OtherDuplication => {
                self.terms = SoTerms::of(SoTerm::TranscriptAmplification);
            }
            _ if transcript.cds.is_some() => self.coding_transcript_terms(transcript),
            _ => self.terms.insert(SoTerm::NonCodingTranscript),
        }
    }

    fn coding_transcript_terms(&mut self, transcript: &Transcript) {
        if &*transcript.biotype == "nonsense_mediated_decay" {
            self.terms.insert(SoTerm::NmdTranscript);
        }
        if self.terms.is_empty() {
            self.terms.insert(SoTerm::CodingTranscript);
        }
    }

    /// `feature_truncation` and `feature_elongation`. Bases of introns are not part of the transcript,
    /// but a break within one separates its parts.
    fn feature_terms(&mut self, transcript: &Transcript, variant: &StructuralVariant<'_>) {
        let within = variant.start >= transcript.start && variant.end <= transcript.end;
        let in_exon = self.location.in_cdna;
        let term = match variant.kind {
            StructuralKind::Breakend => SoTerm::FeatureTruncation,
            StructuralKind::Deletion if in_exon => SoTerm::FeatureTruncation,
            StructuralKind::RepeatContraction if in_exon && within => SoTerm::FeatureTruncation,
            StructuralKind::Duplication
            | StructuralKind::CopyGain
            | StructuralKind::CopyGains
            | StructuralKind::OtherDuplication
            | StructuralKind::Insertion
            | StructuralKind::RepeatExpansion
                if in_exon && within =>
            {
                SoTerm::FeatureElongation
            }
            _ => return,
        };
        self.terms.insert(term);
    }

    /// The terms of variants that touch the coding sequence.
    fn structural_coding_terms(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        variant: &StructuralVariant<'_>,
    ) {
        let Some(cds) = transcript.cds.as_ref().filter(|_| self.location.in_cds) else { return };
        let allele = span(variant.start, variant.end);
        let is_deletion = variant.kind == StructuralKind::Deletion;
        let frame = cds.segments.iter().find(|s| s.start <= allele.start && allele.end <= s.end);
        self.terms.insert(match frame {
            Some(_) if is_deletion && variant.ends == Ends::Exact => {
                if (allele.end - allele.start + 1) % 3 == 0 {
                    SoTerm::InframeDeletion
                } else {
                    SoTerm::Frameshift
                }
            }
            _ => SoTerm::CodingSequence,
        });
        let changes = |first: i32, last: i32| {
            let mut codon = cds.regions(transcript.strand, first, last);
            codon.any(|(start, end)| allele.overlaps(start, end))
        };
        let breaks_codons = matches!(
            variant.kind,
            StructuralKind::Insertion | StructuralKind::Breakend | StructuralKind::Inversion
        );
        let changes = |first, last| (is_deletion || breaks_codons) && changes(first, last);
        // Many models begin or end without a start or stop codon, which they cannot lose.
        let coding = Translatable::new(contig, transcript, cds);
        if coding.has_start() && changes(1, 3) {
            self.terms.insert(SoTerm::StartLost);
        }
        if coding.has_stop() && changes(coding.first_of_stop(), cds.len) {
            self.terms.insert(SoTerm::StopLost);
        }
    }
}

const fn span(start: i32, end: i32) -> Allele<'static> {
    Allele { start, end, reference: b"", alt: b"" }
}

/// The splice sites that a variant touches, given those in its span. Copies leave the sites within
/// them as they are, so only their two breaks count.
fn sites(
    variant: &StructuralVariant<'_>,
    transcript: &Transcript,
    within: IntronOverlap,
) -> IntronOverlap {
    if matches!(
        variant.kind,
        StructuralKind::Deletion
            | StructuralKind::Inversion
            | StructuralKind::Insertion
            | StructuralKind::Breakend
    ) {
        return within;
    }
    let at = |start: i32| locate(transcript, &span(start, start - 1)).introns;
    let (first, last) = (at(variant.start), at(variant.end.saturating_add(1)));
    IntronOverlap {
        donor: first.donor || last.donor,
        acceptor: first.acceptor || last.acceptor,
        region: first.region || last.region,
        fifth_base: first.fifth_base || last.fifth_base,
        donor_region: first.donor_region || last.donor_region,
        polypyrimidine: first.polypyrimidine || last.polypyrimidine,
        ..within
    }
}
