//! HGVS descriptions of alleles (<https://hgvs-nomenclature.org>), as Ensembl VEP words them.

mod protein;
mod shift;
mod transcript;

use crate::consequence::{Codons, Effect, Location, Translatable, locate};
use crate::model::{Strand, Transcript};
use crate::reference::ContigView;
use crate::variant::Allele;
use shift::{Shifted, shift_towards};

/// Descriptions of an allele. Buffers are reused.
#[derive(Clone, Debug, Default)]
pub struct HgvsText {
    /// `20:g.…`
    pub genomic: Vec<u8>,
    /// `ENST…:c.…` or `:n.…`
    pub coding: Vec<u8>,
    /// `ENSP…:p.…`
    pub protein: Vec<u8>,
    /// How far the allele was moved towards 3'.
    pub offset: i32,
    forward: Shifted,
    reverse: Shifted,
    codons: Codons,
    work: protein::Peptides,
}

impl HgvsText {
    /// Forgets the last allele; there is nothing to say about the next.
    pub fn clear(&mut self) {
        self.genomic.clear();
        self.coding.clear();
        self.protein.clear();
        self.offset = 0;
    }

    /// Begins a new allele: its genomic description, and how far it can move either way.
    pub fn begin(&mut self, contig: &ContigView<'_>, allele: &Allele<'_>) {
        self.clear();
        self.forward = shift_towards(contig, allele, Strand::Forward);
        self.reverse = shift_towards(contig, allele, Strand::Reverse);
        transcript::describe_genomic(&mut self.genomic, contig, allele, self.forward);
    }

    /// Describes the allele in a transcript it touches.
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
        let place: Location;
        let (location, codons) = if shifted.distance == 0 {
            (&effect.location, &effect.codons)
        } else {
            place = shifted.with_allele(contig, allele, |moved| {
                let place = locate(transcript, moved);
                self.codons.fill(&coding, moved, transcript.strand.is_reverse(), &place);
                place
            });
            (&place, &self.codons)
        };
        if location.cds.both().is_none() || !codons.known {
            return;
        }
        let before = self.protein.len();
        let id = cds.protein_id.as_deref().unwrap_or(&transcript.id);
        self.protein.extend_from_slice(id.as_bytes());
        self.protein.extend_from_slice(b":p.");
        let case = protein::Case { coding: &coding, codons, unshifted: effect };
        if !protein::describe(&mut self.protein, &mut self.work, &case) {
            self.protein.truncate(before);
        }
    }
}
