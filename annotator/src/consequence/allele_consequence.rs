//! The consequences of an allele on one transcript.

use super::coding::Codons;
use super::coding_terms::coding_terms;
use super::locate::{Location, locate};
use super::read_twice::{ReadTwice, read_twice, touches_twice};
use super::so_terms::SoTerms;
use super::translatable::Translatable;
use crate::allele::Allele;
use crate::model::{Cds, Strand, Transcript};
use crate::placements::Placements;
use crate::reference::{ContigView, UPSTREAM_BASES};
use gas_shared::variant::SoTerm;

/// The consequences of an allele on one transcript. The memory is reused for the next transcript.
#[derive(Clone, Debug, Default)]
pub struct AlleleConsequence {
    /// The consequences.
    pub terms: SoTerms,
    /// Location of the allele in the transcript; only valid if `distance` is `None`.
    pub location: Location,
    /// Start of the allele at the place that `location` describes.
    pub start: i32,
    /// Codons and peptides before and after the change.
    pub codons: Codons,
    /// Distance in bases if the allele lies outside the transcript.
    pub distance: Option<i32>,
}

impl AlleleConsequence {
    /// Computes the consequences of a sequence allele. Returns `false` if the transcript is too far
    /// away.
    pub fn fill(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        placements: &Placements<'_>,
    ) -> bool {
        self.terms = SoTerms::EMPTY;
        self.distance = None;
        self.codons.clear();
        if let Some(region) = placements.whole(transcript.start, transcript.end) {
            self.fill_whole(transcript, placements, region);
            return true;
        }
        let outside = |allele: &&Allele<'_>| !allele.overlaps(transcript.start, transcript.end);
        let mut inside = None;
        if let Some(place) = [&placements.first, &placements.last].into_iter().find(outside) {
            inside = place_within_open_end(contig, transcript, placements);
            // A transcript that one of the places leaves intact is not changed. If that place is far away,
            // there is one next to the transcript, too.
            if inside.is_none() {
                let is_before = place.start <= transcript.start;
                let next = if is_before { transcript.start } else { transcript.end + 1 };
                let next = Allele { start: next, end: next - 1, reference: b"", alt: b"" };
                let are_both = outside(&&placements.first) && outside(&&placements.last);
                return self.fill_nearby(transcript, place)
                    || (!are_both && self.fill_nearby(transcript, &next));
            }
        }
        if copies_exon_or_intron(transcript, placements)
            && let Some(copied) = placements.copied(transcript.strand)
        {
            self.fill_copied(contig, transcript, copied);
            return true;
        }
        let placements = inside.as_ref().unwrap_or(placements);
        let allele = self.locate(transcript, placements);
        self.splice_terms();
        match &transcript.cds {
            Some(cds) => {
                self.utr_terms();
                let part = self.locate_coding_part(transcript, cds, allele);
                let allele = part.as_ref().unwrap_or(allele);
                let twice = self.locate_twice(contig, transcript, cds, allele);
                let read = twice.as_ref().map(|twice| twice.as_allele(allele));
                let allele = read.as_ref().unwrap_or(allele);
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
            None if self.location.in_cdna => self.terms.insert(noncoding_exon_term(transcript)),
            None => self.terms.insert(SoTerm::NonCodingTranscript),
        }
        true
    }

    /// The allele at the place that `location` describes.
    pub(crate) const fn allele<'p>(&self, placements: &'p Placements<'_>) -> &'p Allele<'p> {
        if self.start == placements.first.start { &placements.first } else { &placements.last }
    }

    /// The terms of a transcript that is deleted or copied in whole, within a region.
    fn fill_whole(
        &mut self,
        transcript: &Transcript,
        placements: &Placements<'_>,
        (start, end): (i32, i32),
    ) {
        let whole = Allele { start, end, reference: b"", alt: b"" };
        self.location = locate(transcript, &whole);
        self.start = placements.first.start;
        self.terms = SoTerms::of(if placements.first.is_insertion() {
            SoTerm::TranscriptAmplification
        } else {
            SoTerm::TranscriptAblation
        });
    }

    /// Locates the allele at the place that [`Location::yields_to`] prefers, and returns the allele
    /// there. Splice terms are those of sites that no place leaves intact.
    fn locate<'p>(
        &mut self,
        transcript: &Transcript,
        placements: &'p Placements<'_>,
    ) -> &'p Allele<'p> {
        let Placements { first, last, .. } = placements;
        self.location = locate(transcript, first);
        self.start = first.start;
        if !placements.are_several() || self.location.is_in_intron_with(transcript, last) {
            return first;
        }
        let at_last = locate(transcript, last);
        let (mut chosen, mut other) = (first, at_last);
        if self.location.is_in_region_of(&at_last) {
            // Where both places cross the end of an exon, one of them may reach less far into the intron.
            let intronic = self.location.introns.intronic || at_last.introns.intronic;
            (self.location.introns.intronic, other.introns.intronic) = (intronic, intronic);
        }
        if self.location.yields_to(&other, transcript) {
            chosen = last;
            std::mem::swap(&mut self.location, &mut other);
            self.start = last.start;
        }
        self.location.introns.keep_changed(&other.introns);
        chosen
    }

    /// If a substitution of several bases begins or ends outside the CDS, as at the end of an exon,
    /// its other bases are still known to change codons: locates the part in the CDS and returns it.
    /// VEP leaves the codons of such an allele unknown.
    fn locate_coding_part<'a>(
        &mut self,
        transcript: &Transcript,
        cds: &Cds,
        allele: &Allele<'a>,
    ) -> Option<Allele<'a>> {
        if !self.location.in_cds || self.location.cds.both().is_some() {
            return None;
        }
        let mut touched = cds.segments.iter().filter(|s| allele.overlaps(s.start, s.end));
        let (segment, None) = (touched.next()?, touched.next()) else { return None };
        let part = allele.part_in(segment.start, segment.end).filter(|p| !p.is_reference())?;
        let located = locate(transcript, &part);
        self.location.cds = located.cds;
        if self.location.cdna.both().is_none() {
            self.location.cdna = located.cdna;
        }
        Some(part)
    }

    /// Locates an allele that touches bases which the ribosome reads twice, and returns it as it is read.
    fn locate_twice(
        &mut self,
        contig: &ContigView<'_>,
        transcript: &Transcript,
        cds: &Cds,
        allele: &Allele<'_>,
    ) -> Option<ReadTwice> {
        if !touches_twice(cds, allele) {
            return None;
        }
        let twice = read_twice(contig, cds, transcript.strand, allele);
        self.location.cds = twice.as_ref().map(|twice| twice.span).unwrap_or_default();
        twice
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

    /// `5_prime_UTR_variant` and `3_prime_UTR_variant`.
    pub(crate) fn utr_terms(&mut self) {
        let (five, three) = self.location.untranslated;
        if five {
            self.terms.insert(SoTerm::FivePrimeUtr);
        }
        if three {
            self.terms.insert(SoTerm::ThreePrimeUtr);
        }
    }
}

/// The most bases of a mature miRNA. The hairpins from which they are cut are longer, and gene models give both the biotype `miRNA`.
const MOST_MATURE_MIRNA_BASES: i32 = 30;

/// The term of an allele in an exon of a transcript without a coding sequence.
pub(super) fn noncoding_exon_term(transcript: &Transcript) -> SoTerm {
    if &*transcript.biotype == "miRNA" && transcript.len <= MOST_MATURE_MIRNA_BASES {
        SoTerm::MatureMirna
    } else {
        SoTerm::NonCodingExon
    }
}

/// The allele at the one of its outermost places that is in the transcript, if the other one is beyond an end
/// where the model has coding bases but no start or stop codon. More coding bases of the transcript are there,
/// which are not known, so that such a place does not leave it intact.
#[cold]
fn place_within_open_end<'a>(
    contig: &ContigView<'_>,
    transcript: &Transcript,
    placements: &Placements<'a>,
) -> Option<Placements<'a>> {
    let cds = transcript.cds.as_ref()?;
    let is_inside = |place: &Allele<'_>| place.overlaps(transcript.start, transcript.end);
    let (inside, is_low_end) = match (is_inside(&placements.first), is_inside(&placements.last)) {
        (true, false) => (placements.first, false),
        (false, true) => (placements.last, true),
        _ => return None,
    };
    let coding = Translatable::new(contig, transcript, cds);
    let is_open = if is_low_end == transcript.strand.is_reverse() {
        cds.cdna_end == transcript.len && !coding.has_stop()
    } else {
        cds.cdna_start == 1 && !coding.has_start()
    };
    is_open.then(|| placements.only_at(inside))
}

/// Whether a tandem duplication copies a whole exon between two introns, or a whole intron.
fn copies_exon_or_intron(transcript: &Transcript, placements: &Placements<'_>) -> bool {
    if placements.copied(transcript.strand).is_none() {
        return false;
    }
    let exons = transcript.exons.iter().map(|exon| (exon.start, exon.end));
    exons.chain(transcript.introns()).any(|(start, end)| placements.copies_around(start, end))
}
