//! Consequences in a coding sequence.

use super::coding::{Codons, Translatable, is_plain_dna};
use super::locate::Location;
use super::so_terms::SoTerms;
use crate::model::{Cds, CodonTable, Transcript};
use crate::variant::Allele;
use gas_shared::variant::SoTerm;

/// VEP's predicates for one allele in a coding sequence, and the data they need.
struct Predicates<'a> {
    location: &'a Location,
    codons: &'a Codons,
    coding: &'a Translatable<'a>,
    allele: &'a Allele<'a>,
    /// Peptides before and after the change, if both are known.
    peptides: Option<(&'a [u8], &'a [u8])>,
    frameshift: bool,
    partial_codon: bool,
    overlaps_start: bool,
    overlaps_stop: bool,
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
    let stop_retained = predicates.stop_retained();
    let stop_gained = !stop_retained && predicates.stop_gained();
    let stop_lost = predicates.stop_lost();
    let inframe_deletion = predicates.inframe_deletion();
    let start_lost = predicates.start_lost(inframe_deletion);
    let inframe_insertion = !start_lost && predicates.inframe_insertion();
    let start_retained = !start_lost && predicates.start_retained();
    let protein_altering =
        !inframe_deletion && !start_lost && !predicates.frameshift && predicates.protein_altering();
    let unknown = predicates.coding_unknown()
        && !(predicates.frameshift || inframe_deletion || protein_altering || start_retained)
        && !(start_lost || stop_retained || stop_lost);
    for (holds, term) in [
        (stop_gained, SoTerm::StopGained),
        (predicates.frameshift, SoTerm::Frameshift),
        (stop_lost, SoTerm::StopLost),
        (start_lost, SoTerm::StartLost),
        (inframe_insertion, SoTerm::InframeInsertion),
        (inframe_deletion, SoTerm::InframeDeletion),
        (predicates.missense() && !(start_lost || stop_lost || stop_gained), SoTerm::Missense),
        (protein_altering, SoTerm::ProteinAltering),
        (predicates.partial_codon, SoTerm::IncompleteTerminalCodon),
        (start_retained, SoTerm::StartRetained),
        (stop_retained, SoTerm::StopRetained),
        (predicates.synonymous() && !stop_retained, SoTerm::Synonymous),
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
        let overlaps = |from: i32, to: i32| {
            location.cdna.both().is_some_and(|(start, end)| end >= from && start <= to)
        };
        let partial_codon = codons.known && {
            let left = coding.len() as i32 - (codons.first * 3 - 3);
            left > 0 && left < 3
        };
        let frameshift = !partial_codon
            && location
                .cds
                .both()
                .is_some_and(|(start, end)| (allele.alt.len() as i32 - (end - start + 1)) % 3 != 0);
        let peptides = (codons.peptides_known)
            .then_some((codons.reference_peptide.as_slice(), codons.alt_peptide.as_slice()));
        Self {
            location,
            codons,
            coding,
            allele,
            peptides,
            frameshift,
            partial_codon,
            overlaps_start: !transcript.flags.cds_start_nf
                && overlaps(cds.cdna_start, cds.cdna_start + 2),
            overlaps_stop: !transcript.flags.cds_end_nf && overlaps(cds.cdna_end - 2, cds.cdna_end),
            changes_length: allele.alt.len() != allele.reference.len(),
        }
    }

    fn stop_gained(&self) -> bool {
        self.peptides
            .is_some_and(|(before, after)| after.contains(&b'*') && !before.contains(&b'*'))
    }

    fn stop_lost(&self) -> bool {
        match self.peptides {
            Some((before, after)) => !after.contains(&b'*') && before.contains(&b'*'),
            None => self.stop_altered(),
        }
    }

    fn stop_retained(&self) -> bool {
        match self.peptides {
            Some((before, after)) if !after.is_empty() => {
                if !after.starts_with(b"*") {
                    return false;
                }
                // A stop codon inserted directly before the stop codon has no reference residue.
                self.codons.first as usize > self.coding.protein_len() || before.starts_with(b"*")
            }
            _ => self.changes_length && self.overlaps_stop && !self.stop_altered(),
        }
    }

    /// `_ins_del_stop_altered`: whether an indel changes the last codon of the CDS to something
    /// other than a stop.
    fn stop_altered(&self) -> bool {
        let known = self.overlaps_stop && self.changes_length && is_plain_dna(self.allele.alt);
        let (Some((cdna_start, cdna_end)), Some(start)) =
            (self.location.cdna.both(), self.location.cds.start)
        else {
            return false;
        };
        if !known {
            return false;
        }
        let (from, removed) = (start as usize - 1, (cdna_end - cdna_start + 1) as usize);
        let alt = &self.codons.alt_bases;
        let edited = |index: usize| {
            if index < from {
                self.coding.base(index)
            } else if index < from + alt.len() {
                Some(alt[index - from])
            } else {
                self.coding.base(index - alt.len() + removed)
            }
        };
        let end = self.coding.len();
        if self.coding.full_len() + alt.len() < end + removed || end < 3 {
            return true;
        }
        let codon: Option<[u8; 3]> = match (edited(end - 3), edited(end - 2), edited(end - 1)) {
            (Some(a), Some(b), Some(c)) => Some([a, b, c]),
            _ => None,
        };
        codon.is_none_or(|codon| self.coding.table.translate(&codon) != b'*')
    }

    fn start_lost(&self, inframe_deletion: bool) -> bool {
        if !self.overlaps_start {
            return false;
        }
        if self.start_altered() && !(inframe_deletion || self.inframe_insertion()) {
            return true;
        }
        if self.start_codon_replaced() {
            return true;
        }
        let Some((before, after)) = self.peptides else { return false };
        !before.is_empty()
            && self.codons.first == 1
            && !after.starts_with(before)
            && !after.ends_with(before)
    }

    /// `_inv_start_altered`: whether a substitution replaces the start codon by another codon.
    fn start_codon_replaced(&self) -> bool {
        let Some((start, end)) = self.location.cds.both() else { return false };
        if self.changes_length || self.coding.utr5.is_empty() || self.coding.phase != 0 {
            return false;
        }
        let codon: [Option<u8>; 3] = std::array::from_fn(|n| {
            let place = n as i32 + 1;
            if (start..=end).contains(&place) {
                self.codons.alt_bases.get((place - start) as usize).copied()
            } else {
                self.coding.base(n)
            }
        });
        let [Some(a), Some(b), Some(c)] = codon else { return true };
        match self.coding.table {
            CodonTable::Standard => [a, b, c] != *b"ATG",
            other => !other.is_start(&[a, b, c]),
        }
    }

    fn start_retained(&self) -> bool {
        self.changes_length && self.overlaps_start && !self.start_altered()
    }

    /// `_ins_del_start_altered`: whether an indel changes the CDS, compared from its end.
    fn start_altered(&self) -> bool {
        let Some((cdna_start, cdna_end)) = self.location.cdna.both() else { return false };
        if !self.changes_length || !is_plain_dna(self.allele.alt) {
            return false;
        }
        let (utr5, cds) = (self.coding.utr5, self.coding.cds);
        let alt = &self.codons.alt_bases;
        let removed = (cdna_end - cdna_start + 1) as usize;
        let from = cdna_start as usize - 1;
        let total = utr5.len() + cds.len();
        if total + alt.len() < removed + cds.len() {
            return true;
        }
        let original =
            |index: usize| if index < utr5.len() { utr5[index] } else { cds[index - utr5.len()] };
        let edited_len = total + alt.len() - removed;
        let edited = |index: usize| {
            if index < from {
                original(index)
            } else if index < from + alt.len() {
                alt[index - from]
            } else {
                original(index - alt.len() + removed)
            }
        };
        // After the edit both sequences are equal when compared from the end, so only the bases
        // before it can differ.
        let checked = (from + alt.len()).saturating_sub(edited_len - cds.len());
        (0..checked.min(cds.len())).any(|k| edited(edited_len - cds.len() + k) != cds[k])
    }

    fn synonymous(&self) -> bool {
        self.peptides.is_some_and(|(before, after)| {
            !before.is_empty() && before == after && !after.contains(&b'X')
        })
    }

    fn missense(&self) -> bool {
        !self.partial_codon
            && !self.changes_length
            && self
                .peptides
                .is_some_and(|(before, after)| before != after && before.len() == after.len())
    }

    fn inframe_insertion(&self) -> bool {
        let Some((before, after)) = self.peptides else { return false };
        if self.frameshift || self.codons.alt.len() <= self.codons.reference.len() {
            return false;
        }
        if self.start_retained() && after.ends_with(before) {
            return false;
        }
        // Residues after a new stop are not translated.
        let end = after.iter().position(|b| *b == b'*').map_or(after.len(), |stop| stop + 1);
        let after = &after[..end];
        after.starts_with(before) || after.ends_with(before)
    }

    fn inframe_deletion(&self) -> bool {
        if self.partial_codon || self.frameshift || !self.codons.known {
            return false;
        }
        let (before, after) = (self.codons.reference.as_slice(), self.codons.alt.as_slice());
        if after.len() >= before.len() {
            return false;
        }
        if before.starts_with(after) || before.ends_with(after) {
            return true;
        }
        let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let (before, after) = (&before[head..], &after[head..]);
        let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
        after.len() == tail && (before.len() - tail).is_multiple_of(3)
    }

    fn protein_altering(&self) -> bool {
        self.peptides.is_some_and(|(before, after)| {
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
