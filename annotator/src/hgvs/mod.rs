//! HGVS descriptions of alleles (<https://hgvs-nomenclature.org>), in the spelling of Ensembl VEP.

mod protein;
mod shift;
mod transcript;

use crate::consequence::{Codons, Effect, Location, Translatable, locate};
use crate::model::{Strand, Transcript};
use crate::reference::ContigView;
use crate::variant::Allele;
use shift::{Shifted, shift_towards};

/// The HGVS descriptions of an allele. The memory is reused for the next allele.
#[derive(Clone, Debug, Default)]
pub struct HgvsText {
    /// The genomic description, `20:g.…`.
    pub genomic: Vec<u8>,
    /// The transcript description, `ENST…:c.…` or `ENST…:n.…`.
    pub coding: Vec<u8>,
    /// The protein description, `ENSP…:p.…`.
    pub protein: Vec<u8>,
    /// Bases by which the allele is shifted towards the 3' end.
    pub offset: i32,
    forward: Shifted,
    reverse: Shifted,
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

    /// Starts a new allele: writes its genomic description, and computes how far it can be shifted
    /// in both directions.
    pub fn begin(&mut self, contig: &ContigView<'_>, allele: &Allele<'_>) {
        self.clear();
        self.forward = shift_towards(contig, allele, Strand::Forward);
        self.reverse = shift_towards(contig, allele, Strand::Reverse);
        transcript::describe_genomic(&mut self.genomic, contig, allele, self.forward);
    }

    /// Describes the allele relative to a transcript that it touches.
    pub fn describe(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        allele: &Allele<'_>,
        effect: &Effect,
    ) {
        self.coding.clear();
        self.protein.clear();
        let shifted = match transcript.strand {
            Strand::Forward => self.forward,
            Strand::Reverse => self.reverse,
        };
        self.offset = shifted.distance;
        transcript::describe_transcript(&mut self.coding, contig, transcript, allele, shifted);
        let Some(cds) = &transcript.cds else { return };
        if !effect.location.in_cds {
            return;
        }
        let coding = Translatable::new(contig, transcript, cds);
        let shifted_location: Location;
        let (location, codons) = if shifted.distance == 0 {
            (&effect.location, &effect.codons)
        } else {
            shifted_location = shifted.with_allele(contig, allele, |moved| {
                let location = locate(transcript, moved);
                self.codons.fill(&coding, moved, transcript.strand.is_reverse(), &location);
                location
            });
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
