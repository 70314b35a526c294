//! HGVS descriptions of alleles (<https://hgvs-nomenclature.org>), in the spelling of Ensembl VEP.

mod protein;
mod structural;
mod transcript;

use crate::consequence::{Codons, Effect, Location, Translatable, locate};
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
    genomic_prefix: transcript::GenomicPrefix,
    codons: Codons,
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
        self.genomic_prefix.describe(&mut self.genomic, contig, allele);
    }

    /// Describes the allele relative to a transcript that it touches, or that it is near and touches
    /// at its 3'-most place.
    pub fn describe(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        placements: &Placements<'_>,
        effect: &Effect,
    ) {
        self.coding.clear();
        self.protein.clear();
        if effect.distance.is_some() && !placements.are_several() {
            return;
        }
        self.offset = placements.offset(transcript.strand);
        transcript::describe_transcript(&mut self.coding, contig, transcript, placements);
        let Some(cds) = &transcript.cds else { return };
        if effect.distance.is_some() || !effect.location.in_cds {
            return;
        }
        let coding = Translatable::new(contig, transcript, cds);
        let allele = placements.most_3_prime(transcript.strand);
        let shifted_location: Location;
        let (location, codons) = if allele.start == effect.start {
            (&effect.location, &effect.codons)
        } else {
            shifted_location = locate(transcript, allele);
            let reverse = transcript.strand.is_reverse();
            self.codons.fill(&coding, allele, reverse, &shifted_location);
            (&shifted_location, &self.codons)
        };
        if location.cds.both().is_none() || !codons.known {
            return;
        }
        let before = self.protein.len();
        let id = cds.protein_id.as_deref().unwrap_or(&transcript.id);
        self.protein.extend_from_slice(id.as_bytes());
        self.protein.extend_from_slice(b":p.");
        let change = protein::ProteinChange { coding: &coding, codons, unshifted: effect };
        if !protein::describe(&mut self.protein, &mut self.peptides, &change) {
            self.protein.truncate(before);
        }
    }
}
