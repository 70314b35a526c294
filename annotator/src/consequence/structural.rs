//! Consequences of symbolic alleles and breakends. Their sequence is unknown, so they have no
//! codons and no HGVS descriptions.

use super::effect::Effect;
use super::locate::locate;
use super::so_terms::SoTerms;
use crate::model::Transcript;
use crate::structural_variant::{StructuralKind, StructuralVariant};
use crate::variant::Allele;
use gas_shared::variant::SoTerm;

impl Effect {
    /// Computes the consequences of a structural variant. Returns `false` if the transcript is too
    /// far away.
    pub fn fill_structural(
        &mut self,
        transcript: &Transcript,
        variant: &StructuralVariant,
    ) -> bool {
        let (start, end) = (variant.start, variant.end);
        let allele = Allele { start, end, reference: b"", alt: b"" };
        self.terms = SoTerms::EMPTY;
        self.distance = None;
        self.codons.clear();
        if !allele.overlaps(transcript.start, transcript.end) {
            return self.fill_nearby(transcript, &allele);
        }
        self.location = locate(transcript, &allele);
        let whole = variant.start <= transcript.start && variant.end >= transcript.end;
        match (variant.kind, whole) {
            (StructuralKind::Deletion, true) => {
                self.terms = SoTerms::of(SoTerm::TranscriptAblation);
                return true;
            }
            (StructuralKind::Duplication, true) => {
                self.terms = SoTerms::of(SoTerm::TranscriptAmplification);
                return true;
            }
            (StructuralKind::Deletion, false) => self.terms.insert(SoTerm::FeatureTruncation),
            (StructuralKind::Duplication | StructuralKind::Insertion, _) => {
                self.terms.insert(SoTerm::FeatureElongation);
            }
            (StructuralKind::Other, _) => {}
        }
        self.splice_terms();
        if transcript.cds.is_some() {
            self.utr_terms(transcript, &allele);
            if self.location.in_cds {
                self.terms.insert(SoTerm::CodingSequence);
            }
        } else {
            let exonic = self.location.in_cdna;
            self.terms.insert(if exonic {
                SoTerm::NonCodingExon
            } else {
                SoTerm::NonCodingTranscript
            });
        }
        true
    }
}
