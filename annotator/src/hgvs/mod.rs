//! HGVS descriptions of alleles (<https://hgvs-nomenclature.org>), in the spelling of Ensembl VEP. Where VEP
//! and the nomenclature disagree, the nomenclature is followed; the crate's README lists the differences.

mod protein;
mod structural;
mod transcript;

use crate::consequence::coding::{is_plain_dna, oriented};
use crate::consequence::{AlleleConsequence, EditedCoding, SoTerm, Translatable};
use crate::model::{Strand, Transcript};
use crate::placements::Placements;
use crate::reference::ContigView;

/// The HGVS descriptions of an allele. The memory is reused for the next allele.
#[derive(Clone, Debug, Default)]
pub struct HgvsText {
    /// The genomic description, `20:g.…` or `MT:m.…`.
    pub genomic: Vec<u8>,
    /// The transcript description, `ENST…:c.…` or `ENST…:n.…`.
    pub coding: Vec<u8>,
    /// The protein description, `ENSP…:p.…`.
    pub protein: Vec<u8>,
    /// Genomic positions by which the allele is shifted towards the 3' end; negative on the reverse
    /// strand.
    pub offset: i32,
    /// Whether protein descriptions are written as predictions, `p.(Gly2Ala)`.
    pub predicted_proteins: bool,
    genomic_prefix: transcript::GenomicPrefix,
    /// Whether all bases of the allele are known. Others are not described.
    has_known_bases: bool,
    alt_bases: Vec<u8>,
    peptides: protein::Peptides,
}

impl HgvsText {
    /// Removes all descriptions.
    pub fn clear(&mut self) {
        self.genomic.clear();
        self.coding.clear();
        self.protein.clear();
        self.offset = 0;
    }

    /// Starts a new allele and writes its genomic description.
    pub fn begin(&mut self, contig: &ContigView<'_>, placements: &Placements<'_>) {
        self.clear();
        let allele = placements.most_3_prime(Strand::Forward);
        // Once for all transcripts: an allele can have millions of bases.
        self.has_known_bases = is_plain_dna(allele.alt) && is_plain_dna(allele.reference);
        if !self.has_known_bases {
            return;
        }
        self.genomic_prefix.describe(&mut self.genomic, contig, allele);
    }

    /// Describes the allele relative to a transcript that it touches, or that it is near and touches
    /// at its 3'-most place.
    pub fn describe(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        placements: &Placements<'_>,
        consequence: &AlleleConsequence,
    ) {
        self.coding.clear();
        self.protein.clear();
        if !self.has_known_bases || consequence.distance.is_some() && !placements.are_several() {
            return;
        }
        let start =
            transcript::describe_transcript(&mut self.coding, contig, transcript, placements);
        self.offset = start.map_or(0, |start| placements.offset(start));
        let Some(cds) = &transcript.cds else { return };
        let is_whole = consequence.terms.contains(SoTerm::TranscriptAmplification)
            || consequence.terms.contains(SoTerm::TranscriptAblation);
        if consequence.distance.is_some() || !consequence.location.in_cds || is_whole {
            return;
        }
        let id = cds.protein_id.as_deref().unwrap_or(&transcript.id);
        if consequence.terms.contains(SoTerm::FeatureElongation) {
            // How the copies of exons are spliced is not known.
            self.protein.extend_from_slice(id.as_bytes());
            self.protein.extend_from_slice(b":p.?");
            return;
        }
        // The protein is the same for all places, so that of the consequences is taken, even if the
        // transcript description names bases of an intron.
        let allele = consequence.allele(placements);
        let coding = Translatable::new(contig, transcript, cds);
        let location = &consequence.location;
        // Bases that the ribosome reads twice are replaced twice.
        let replaced = match location.cds.bases() {
            Some(bases) if bases > allele.reference.len() => bases,
            _ => allele.reference.len(),
        };
        // If an end is outside the exons, the codons are those of the bases in the coding sequence.
        let alt =
            if location.cds.bases() != Some(replaced) && location.cdna.bases() == Some(replaced) {
                oriented(&mut self.alt_bases, allele.alt, transcript.strand.is_reverse());
                &self.alt_bases
            } else {
                &consequence.codons.alt_bases
            };
        let Some(edited) = EditedCoding::new(&coding, location, cds, replaced, alt) else { return };
        self.protein.extend_from_slice(id.as_bytes());
        self.protein.extend_from_slice(b":p.");
        let start = self.protein.len();
        protein::describe(&mut self.protein, &mut self.peptides, &edited, consequence.terms);
        if self.predicted_proteins && self.protein[start..] != *b"?" {
            self.protein.insert(start, b'(');
            self.protein.push(b')');
        }
    }
}
