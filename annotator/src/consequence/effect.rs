//! The consequences of an allele on one transcript.

use super::coding::{Codons, Translatable};
use super::coding_terms::coding_terms;
use super::locate::{Location, locate};
use super::so_terms::SoTerms;
use crate::model::{Strand, Transcript};
use crate::reference::{ContigView, UPSTREAM_BASES};
use crate::variant::Allele;
use gas_shared::variant::SoTerm;

/// The consequences of an allele on one transcript. The memory is reused for the next transcript.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// The consequences.
    pub terms: SoTerms,
    /// Location of the allele in the transcript; only valid if `distance` is `None`.
    pub location: Location,
    /// Codons and peptides before and after the change.
    pub codons: Codons,
    /// Distance in bases if the allele lies outside the transcript.
    pub distance: Option<i32>,
}

impl Effect {
    /// Computes the consequences of a sequence allele. Returns `false` if the transcript is too far
    /// away.
    pub fn fill(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        allele: &Allele<'_>,
    ) -> bool {
        self.terms = SoTerms::EMPTY;
        self.distance = None;
        self.codons.clear();
        if !allele.overlaps(transcript.start, transcript.end) {
            return self.fill_nearby(transcript, allele);
        }
        if allele.alt.is_empty() && allele.start <= transcript.start && allele.end >= transcript.end
        {
            self.terms = SoTerms::of(SoTerm::TranscriptAblation);
            self.location = locate(transcript, allele);
            return true;
        }
        self.location = locate(transcript, allele);
        self.splice_terms();
        match &transcript.cds {
            Some(cds) => {
                self.utr_terms(transcript, allele);
                let coding = Translatable::new(contig, transcript, cds);
                if self.location.in_cds {
                    self.codons.fill(
                        &coding,
                        allele,
                        transcript.strand.is_reverse(),
                        &self.location,
                    );
                }
                let Self { terms, location, codons, .. } = self;
                coding_terms(terms, location, codons, &coding, transcript, cds, allele);
                if &*transcript.biotype == "nonsense_mediated_decay" {
                    self.terms.insert(SoTerm::NmdTranscript);
                }
                if self.terms.is_empty() {
                    self.terms.insert(SoTerm::CodingTranscript);
                }
            }
            None if self.location.in_cdna => self.terms.insert(SoTerm::NonCodingExon),
            None => self.terms.insert(SoTerm::NonCodingTranscript),
        }
        true
    }

    /// `upstream` and `downstream`: an allele outside the transcript. Returns `false` if the
    /// transcript is too far away.
    pub(crate) fn fill_nearby(&mut self, transcript: &Transcript, allele: &Allele<'_>) -> bool {
        let before = transcript.start - allele.end.max(allele.start);
        let after = allele.start.min(allele.end) - transcript.end;
        let (distance, upstream) = if allele.start <= transcript.start {
            (before, transcript.strand == Strand::Forward)
        } else {
            (after, transcript.strand == Strand::Reverse)
        };
        if !(0..=UPSTREAM_BASES).contains(&distance) {
            return false;
        }
        self.terms = SoTerms::of(if upstream { SoTerm::Upstream } else { SoTerm::Downstream });
        self.location = Location::default();
        self.distance = Some(distance);
        true
    }

    /// `donor_splice_site`, `acceptor_splice_site`, `splice_region` and the more specific splice
    /// predicates.
    pub(crate) fn splice_terms(&mut self) {
        let introns = self.location.introns;
        for (holds, term) in [
            (introns.donor, SoTerm::SpliceDonor),
            (introns.acceptor, SoTerm::SpliceAcceptor),
            (introns.fifth_base, SoTerm::SpliceDonor5thBase),
            (introns.donor_region && !introns.fifth_base, SoTerm::SpliceDonorRegion),
            (introns.polypyrimidine, SoTerm::SplicePolypyrimidine),
            (introns.intronic, SoTerm::Intron),
        ] {
            if holds {
                self.terms.insert(term);
            }
        }
        let finer = introns.donor || introns.acceptor || introns.fifth_base || introns.donor_region;
        if introns.region && !finer {
            self.terms.insert(SoTerm::SpliceRegion);
        }
    }

    /// `within_5_prime_utr` and `within_3_prime_utr`.
    pub(crate) fn utr_terms(&mut self, transcript: &Transcript, allele: &Allele<'_>) {
        if !self.location.in_cdna {
            return;
        }
        let Some((first, last)) = transcript.coding_region() else { return };
        let before = allele.overlaps(transcript.start, first - 1)
            || (allele.is_insertion() && allele.start == first);
        let after = allele.overlaps(last + 1, transcript.end)
            || (allele.is_insertion() && allele.end == last);
        let (five, three) = match transcript.strand {
            Strand::Forward => (before, after),
            Strand::Reverse => (after, before),
        };
        if five {
            self.terms.insert(SoTerm::FivePrimeUtr);
        }
        if three {
            self.terms.insert(SoTerm::ThreePrimeUtr);
        }
    }
}
