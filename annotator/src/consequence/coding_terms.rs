//! Consequences in a coding sequence.

use super::coding::{Codons, is_plain_dna};
use super::edited::{CodonOutcome, EditedCoding};
use super::locate::Location;
use super::so_terms::SoTerms;
use super::translatable::Translatable;
use crate::allele::Allele;
use crate::model::{Cds, Transcript};
use gas_shared::variant::SoTerm;

/// VEP's predicates for one allele in a coding sequence, and the data they need.
struct Predicates<'a> {
    codons: &'a Codons,
    coding: &'a Translatable<'a>,
    edited: Option<EditedCoding<'a>>,
    /// Peptides before and after the change, if both are known.
    peptides: Option<(&'a [u8], &'a [u8])>,
    start: Option<CodonOutcome>,
    stop: Option<CodonOutcome>,
    frameshift: bool,
    /// Whether the start codon or the stop codon is retained such that no residue changes.
    same_protein: bool,
    /// Whether an incomplete last codon is touched.
    partial_codon: bool,
    /// Whether no other codon is touched.
    begins_in_partial: bool,
    changes_length: bool,
}

/// Adds the consequences of an allele in the coding sequence of a transcript.
pub fn coding_terms(
    terms: &mut SoTerms,
    location: &Location,
    codons: &Codons,
    coding: &Translatable<'_>,
    transcript: &Transcript,
    cds: &Cds,
    allele: &Allele<'_>,
) {
    if !in_coding(location, transcript, allele) {
        return;
    }
    let predicates = Predicates::new(location, codons, coding, transcript, cds, allele);
    let start_lost = predicates.start == Some(CodonOutcome::Lost);
    let start_retained = predicates.start == Some(CodonOutcome::Retained);
    let stop_lost = predicates.stop_lost();
    let stop_retained = predicates.stop == Some(CodonOutcome::Retained);
    // Without a start codon it is not known what is translated.
    let stop_gained = !start_lost && predicates.stop_gained();
    let inframe_deletion = predicates.inframe_deletion();
    let inframe_insertion = !start_lost && predicates.inframe_insertion();
    let missense = predicates.missense() && !(start_lost || stop_lost || stop_gained);
    let synonymous = predicates.synonymous()
        && !(start_lost || stop_lost || stop_retained || start_retained || stop_gained);
    let protein_altering =
        !inframe_deletion && !start_lost && !predicates.frameshift && predicates.protein_altering();
    let protein_altering = protein_altering && !(stop_gained && predicates.peptides.is_none());
    let unknown = predicates.coding_unknown()
        && !(predicates.frameshift || inframe_deletion || protein_altering || start_retained)
        && !(stop_retained || stop_gained || missense || synonymous)
        && !((start_lost || stop_lost) && predicates.edited.is_some());
    for (holds, term) in [
        (stop_gained, SoTerm::StopGained),
        (predicates.frameshift, SoTerm::Frameshift),
        (stop_lost, SoTerm::StopLost),
        (start_lost, SoTerm::StartLost),
        (inframe_insertion, SoTerm::InframeInsertion),
        (inframe_deletion, SoTerm::InframeDeletion),
        (missense, SoTerm::Missense),
        (protein_altering, SoTerm::ProteinAltering),
        (predicates.partial_codon, SoTerm::IncompleteTerminalCodon),
        (start_retained, SoTerm::StartRetained),
        (stop_retained, SoTerm::StopRetained),
        (synonymous, SoTerm::Synonymous),
        (unknown, SoTerm::CodingSequence),
    ] {
        if holds {
            terms.insert(term);
        }
    }
}

/// `within_cds`: in the CDS, or in a frameshift intron within the coding region.
fn in_coding(location: &Location, transcript: &Transcript, allele: &Allele<'_>) -> bool {
    location.in_cds
        || (location.introns.frameshift_intron
            && transcript.coding_region().is_some_and(|(a, b)| allele.overlaps(a, b)))
}

impl<'a> Predicates<'a> {
    fn new(
        location: &'a Location,
        codons: &'a Codons,
        coding: &'a Translatable<'a>,
        transcript: &Transcript,
        cds: &Cds,
        allele: &'a Allele<'a>,
    ) -> Self {
        let partial =
            |codon: i32| codons.known && (1..3).contains(&(coding.len() as i32 - (codon * 3 - 3)));
        // An insertion before the codon leaves it as it is.
        let begins_in_partial = codons.first <= codons.last && partial(codons.first);
        let edited = is_plain_dna(allele.alt)
            .then(|| {
                let replaced = allele.reference.len();
                EditedCoding::new(coding, location, cds, replaced, &codons.alt_bases)
            })
            .flatten();
        // If bases outside the exons are deleted, too, the codon that replaces the deleted one is unknown.
        let deletes = |first: i32, last: i32| {
            location.cds.both().is_none()
                && location.cdna.both().is_none()
                && is_plain_dna(allele.alt)
                && cds
                    .regions(transcript.strand, first, last)
                    .any(|(start, end)| allele.changes(start, end))
        };
        let lost = |is_deleted: bool| is_deleted.then_some(CodonOutcome::Lost);
        let start = match edited {
            Some(edited) => edited.start_outcome(),
            None => lost(coding.has_start() && deletes(1, 3)),
        };
        let stop = match edited {
            Some(edited) => edited.stop_outcome(),
            None => lost(coding.has_stop() && deletes(coding.first_of_stop(), cds.len)),
        };
        // A start codon that moves with the bases after it keeps the protein.
        let same_protein = edited.is_some_and(|edited| {
            edited.moves_start()
                || (stop == Some(CodonOutcome::Retained) && edited.same_up_to_stop())
        });
        let frameshift = !begins_in_partial
            && !same_protein
            && match location.cds.both() {
                Some((start, end)) => (allele.alt.len() as i32 - (end - start + 1)) % 3 != 0,
                // An allele that reaches from the coding sequence into a UTR.
                None => {
                    (stop.is_some() || start.is_some())
                        && start != Some(CodonOutcome::Lost)
                        && edited.is_some_and(|edited| edited.shifts_residues())
                }
            };
        let peptides = (codons.peptides_known)
            .then_some((codons.reference_peptide.as_slice(), codons.alt_peptide.as_slice()));
        Self {
            codons,
            coding,
            edited,
            peptides,
            start,
            stop,
            frameshift,
            same_protein,
            partial_codon: begins_in_partial || partial(codons.last),
            begins_in_partial,
            changes_length: allele.alt.len() != allele.reference.len(),
        }
    }

    /// Whether a touched codon becomes a stop codon before the former one.
    fn stop_gained(&self) -> bool {
        if self.same_protein || self.begins_in_partial {
            return false;
        }
        let is_stop = |residue: &u8| *residue == b'*';
        if let Some(edited) = self.edited.filter(|edited| self.frameshift && !edited.keeps_frame())
        {
            return edited.new_stop_of_shift().is_some_and(|n| edited.makes_premature_stop(n));
        }
        match (self.peptides, self.edited) {
            (Some((_, after)), edited) => {
                let Some(found) = after.iter().position(is_stop) else { return false };
                let found = self.codons.first as usize - 1 + found;
                match edited {
                    Some(edited) => edited.makes_premature_stop(found),
                    None => found < self.coding.protein_len() || !self.coding.has_stop(),
                }
            }
            // An allele that reaches from the coding sequence into a UTR.
            (None, Some(edited)) if self.stop.is_some() || self.start.is_some() => {
                let (first, end) = (edited.first_codon(), self.coding.protein_len());
                (first..end)
                    .find(|n| edited.residue(*n) == Some(b'*'))
                    .is_some_and(|found| edited.makes_premature_stop(found))
            }
            _ => false,
        }
    }

    fn stop_lost(&self) -> bool {
        match self.stop {
            Some(outcome) => outcome == CodonOutcome::Lost,
            None if self.frameshift => self.edited.is_some_and(|edited| edited.extends()),
            None => self.peptides.is_some_and(|(before, after)| {
                // More residues than codons are those of an intron within the allele.
                let codons = self.codons.last - self.codons.first + 1;
                let is_coding = i64::try_from(before.len()).is_ok_and(|n| n <= i64::from(codons));
                is_coding && !after.contains(&b'*') && before.contains(&b'*')
            }),
        }
    }

    fn synonymous(&self) -> bool {
        self.peptides.is_some_and(|(before, after)| {
            !before.is_empty() && before == after && !after.contains(&b'X')
        })
    }

    fn missense(&self) -> bool {
        // A start codon is translated as methionine, whatever its bases.
        let kept = usize::from(self.start.is_some_and(|start| start != CodonOutcome::Lost));
        !self.begins_in_partial
            && !self.changes_length
            && self.peptides.is_some_and(|(before, after)| {
                before.len() == after.len() && before[kept..] != after[kept..]
            })
    }

    fn inframe_insertion(&self) -> bool {
        let Some((before, after)) = self.peptides else { return false };
        if self.frameshift || self.same_protein || self.begins_in_partial {
            return false;
        }
        if self.codons.alt.len() <= self.codons.reference.len() {
            return false;
        }
        // Residues after a new stop codon are not translated, but they show what is inserted.
        let end = after.iter().position(|b| *b == b'*').map_or(after.len(), |stop| stop + 1);
        after.starts_with(before) || after.ends_with(before) || after[..end].ends_with(before)
    }

    fn inframe_deletion(&self) -> bool {
        if self.begins_in_partial || self.frameshift || self.same_protein || !self.codons.known {
            return false;
        }
        let (before, after) = (self.codons.reference.as_slice(), self.codons.alt.as_slice());
        if after.len() >= before.len() {
            return false;
        }
        if before.starts_with(after) || before.ends_with(after) {
            return true;
        }
        // The stop codon that moves towards the start can get other bases.
        if self.stop_remains() && self.peptides.is_some_and(|(a, b)| a.ends_with(b)) {
            return true;
        }
        let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let (before, after) = (&before[head..], &after[head..]);
        let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
        after.len() == tail && (before.len() - tail).is_multiple_of(3)
    }

    /// Whether the stop codon is touched and still ends the protein.
    fn stop_remains(&self) -> bool {
        self.stop.is_some_and(|stop| stop != CodonOutcome::Lost)
    }

    fn protein_altering(&self) -> bool {
        if let (None, Some(edited)) = (self.peptides, self.edited) {
            // An allele that reaches from the coding sequence into a UTR.
            let start_remains = self.start.is_some_and(|start| start != CodonOutcome::Lost);
            return (start_remains || self.stop_remains())
                && self.stop != Some(CodonOutcome::Lost)
                && !self.same_protein
                && edited.keeps_frame()
                && !edited.same_up_to_stop();
        }
        !self.same_protein
            && self.peptides.is_some_and(|(before, after)| {
                before.len() != after.len()
                    && !before.starts_with(b"*")
                    && !after.starts_with(b"*")
                    && !after.starts_with(before)
                    && !after.ends_with(before)
            })
    }

    /// `coding_unknown`, without its exceptions, which the caller checks.
    fn coding_unknown(&self) -> bool {
        self.peptides.is_none_or(|(before, after)| before.contains(&b'X') || after.contains(&b'X'))
    }
}
