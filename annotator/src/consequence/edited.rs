//! The coding sequence of a transcript after an allele.

use super::locate::Location;
use super::translatable::Translatable;
use crate::model::Cds;

/// A coding sequence in which the bases `from..to` are replaced. Indexes count from the first base
/// of the first codon; negative ones are in the 5' UTR, and those after the coding sequence in the
/// 3' UTR.
#[derive(Clone, Copy, Debug)]
pub struct EditedCoding<'a> {
    /// The sequence before the change.
    pub coding: &'a Translatable<'a>,
    /// First base replaced.
    pub from: i64,
    /// The base after the last one replaced; `from` for an insertion.
    pub to: i64,
    /// The new bases in reading direction.
    alt: &'a [u8],
    /// Where the first codon begins after the change; not 0 if the start codon moved.
    origin: i64,
}

/// What an allele that touches the start codon or the stop codon makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodonOutcome {
    /// The codon has the same bases at the same distance from one end of the coding sequence.
    Unchanged,
    /// The codon has other bases or only the bases around it differ, and it still starts or ends
    /// the translation of the same protein.
    Retained,
    /// Translation does not start or end there any more.
    Lost,
}

impl<'a> EditedCoding<'a> {
    /// The change of an allele whose ends are both in exons; `None` for other alleles. `alt` are the
    /// new bases in reading direction that replace `replaced` bases.
    pub fn new(
        coding: &'a Translatable<'a>,
        location: &Location,
        cds: &Cds,
        replaced: usize,
        alt: &'a [u8],
    ) -> Option<Self> {
        let (in_cds, in_cdna) = (location.cds, location.cdna);
        // The positions that have all replaced bases, or else those in the coding sequence.
        let (from, to) = match (in_cds.both(), in_cdna.both()) {
            (Some((start, end)), None) => (i64::from(start) - 1, i64::from(end)),
            (Some((start, end)), _)
                if in_cds.bases() == Some(replaced) || in_cdna.bases() != Some(replaced) =>
            {
                (i64::from(start) - 1, i64::from(end))
            }
            // With ribosomal slippage, positions outside the CDS have no index.
            (_, None) => return None,
            (_, Some(_)) if cds.has_slippage() => return None,
            (_, Some((start, end))) => {
                let index = |position: i32| {
                    let phase = if position < cds.cdna_start { 0 } else { coding.phase as i64 };
                    let tail = if position > cds.cdna_end { coding.tail as i64 } else { 0 };
                    i64::from(position) - i64::from(cds.cdna_start) + phase + tail
                };
                let to = index(end) + 1;
                (if start > end { to } else { index(start) }, to)
            }
        };
        let mut edited = Self { coding, from, to, alt, origin: 0 };
        edited.origin = edited.find_origin();
        Some(edited)
    }

    /// The change of the bases `from..to` (from 0) of the coding sequence.
    pub(super) fn within(
        coding: &'a Translatable<'a>,
        (from, to): (usize, usize),
        alt: &'a [u8],
    ) -> Self {
        Self { coding, from: from as i64, to: to as i64, alt, origin: 0 }
    }

    /// Whether the start codon moves with the bases after it, so that only the 5' UTR differs.
    pub const fn moves_start(&self) -> bool {
        self.origin != 0 && (self.from >= 0 || self.to <= 3)
    }

    /// Number of bases by which the sequence becomes longer.
    pub const fn added(&self) -> i64 {
        self.alt.len() as i64 - (self.to - self.from)
    }

    /// Whether the bases after the change are read in the same frame as before.
    pub const fn keeps_frame(&self) -> bool {
        (self.added() - self.origin) % 3 == 0
    }

    /// Number of codons by which a change that keeps the frame makes the protein longer.
    pub const fn added_codons(&self) -> i64 {
        (self.added() - self.origin) / 3
    }

    /// The first codon (from 0) that can differ.
    pub const fn first_codon(&self) -> usize {
        if self.origin != 0 || self.from < 0 { 0 } else { (self.from / 3) as usize }
    }

    /// The first codon (from 0) with another base than before, or else `last`. The answer is the same for
    /// all places of an allele in a repeat.
    pub fn first_changed_codon(&self, last: usize) -> usize {
        if self.origin != 0 || self.from < 0 {
            return 0;
        }
        let changed = |n: &usize| !self.keeps_codon(*n);
        (self.first_codon()..last).find(changed).unwrap_or(last)
    }

    /// Whether a codon (from 0) has the same bases as before.
    pub fn keeps_codon(&self, number: usize) -> bool {
        self.codon_at(self.origin + number as i64 * 3) == self.coding.codon(number)
    }

    /// Whether a replaced base, or the place of an insertion, is inside `from..to`.
    const fn touches(&self, from: i64, to: i64) -> bool {
        if self.from == self.to {
            self.from > from && self.from < to
        } else {
            self.from < to && self.to > from
        }
    }

    fn base(&self, index: i64) -> Option<u8> {
        if index < self.from {
            return self.coding.base_at(index);
        }
        match self.alt.get((index - self.from) as usize) {
            Some(base) => Some(*base),
            None => self.coding.base_at(index - self.added()),
        }
    }

    fn codon_at(&self, index: i64) -> Option<[u8; 3]> {
        Some([self.base(index)?, self.base(index + 1)?, self.base(index + 2)?])
    }

    /// Where translation starts. An allele that touches the start codon can leave a start codon at
    /// the same distance from the bases before it (0), or from those after it.
    fn find_origin(&self) -> i64 {
        let added = self.added();
        if !self.touches(0, 3) || !self.coding.has_start() || self.keeps_start_at(0) {
            return 0;
        }
        let moves = added != 0
            && self.keeps_start_at(added)
            && (self.from < 0
                || (3..self.to).all(|n| self.base(added + n) == self.coding.base_at(n)));
        if moves { added } else { 0 }
    }

    fn keeps_start_at(&self, index: i64) -> bool {
        // The bases before the change are the same only if it begins after them.
        if index == 0 && self.from < 0 && self.added() != 0 {
            return false;
        }
        self.codon_at(index).is_some_and(|codon| self.coding.can_start(&codon))
    }

    /// What becomes of the start codon; `None` if it is not touched or unknown.
    pub fn start_outcome(&self) -> Option<CodonOutcome> {
        if !self.touches(0, 3) || !self.coding.has_start() {
            return None;
        }
        if !self.keeps_start_at(self.origin) {
            return Some(CodonOutcome::Lost);
        }
        let same = self.codon_at(self.origin) == self.coding.codon(0);
        Some(if same && self.origin == 0 {
            CodonOutcome::Unchanged
        } else {
            CodonOutcome::Retained
        })
    }

    /// What becomes of the stop codon; `None` if it is not touched or unknown. An allele before it
    /// touches it if another stop codon takes its place and no residue changes.
    pub fn stop_outcome(&self) -> Option<CodonOutcome> {
        let end = self.coding.len() as i64;
        let touches = self.touches(end - 3, end);
        if (!touches && self.added() == 0) || self.from >= end || !self.coding.has_stop() {
            return None;
        }
        let stop = end / 3 - 1;
        if !touches {
            let takes_its_place =
                self.residue(stop as usize) == Some(b'*') && self.same_up_to_stop();
            return takes_its_place.then_some(CodonOutcome::Retained);
        }
        // The last codon that has a base of the former stop codon.
        let last = stop.max((end - 1 + self.added()) / 3);
        let first = self.first_codon() as i64;
        let found = (first..=last).find(|n| self.residue(*n as usize) == Some(b'*'));
        let Some(found) = found else { return Some(CodonOutcome::Lost) };
        let moved = self.keeps_frame() && found == stop + self.added_codons();
        let same = || self.codon_at(self.origin + found * 3) == self.coding.codon(stop as usize);
        Some(match found.cmp(&stop) {
            _ if moved && same() => CodonOutcome::Unchanged,
            std::cmp::Ordering::Less if moved => CodonOutcome::Retained,
            // A codon of the 3' UTR that ends the protein by chance.
            std::cmp::Ordering::Less if self.is_behind_change(found) => CodonOutcome::Lost,
            std::cmp::Ordering::Equal
                if self.added() != 0 && self.is_behind_change(found) && !self.same_up_to_stop() =>
            {
                CodonOutcome::Lost
            }
            // A stop codon that a shift of the frame makes in new bases; residues before it differ.
            std::cmp::Ordering::Equal if !self.keeps_frame() && !self.same_up_to_stop() => {
                CodonOutcome::Unchanged
            }
            std::cmp::Ordering::Equal => CodonOutcome::Retained,
            // An earlier stop codon, or one in inserted codons.
            std::cmp::Ordering::Less => CodonOutcome::Unchanged,
            std::cmp::Ordering::Greater if moved => CodonOutcome::Unchanged,
            std::cmp::Ordering::Greater => CodonOutcome::Lost,
        })
    }

    /// Whether a codon (from 0) has only bases that follow the change. The answer is the same for
    /// all places of an allele in a repeat.
    fn is_behind_change(&self, number: i64) -> bool {
        let new_end = self.from + self.alt.len() as i64;
        (self.origin + number * 3..new_end)
            .all(|n| self.base(n) == self.coding.base_at(n - self.added()))
    }

    /// The first stop codon (from 0) after a shift of the frame, if the change makes it: it has new
    /// bases or bases from both sides of the change, or it is the first codon with another residue. The
    /// answer is the same for all places of an allele in a repeat.
    pub fn new_stop_of_shift(&self) -> Option<usize> {
        let behind = self.first_behind_change();
        let mut differs = false;
        for number in self.first_codon().. {
            let is_behind = self.origin + number as i64 * 3 >= behind;
            if differs && is_behind {
                return None;
            }
            let (before, after) = (self.coding.residue(number), self.residue(number)?);
            if before.is_none() && !differs {
                // The protein is not known up to here.
                return None;
            }
            differs |= before != Some(after);
            if after == b'*' {
                return (differs || !is_behind).then_some(number);
            }
        }
        None
    }

    /// The first base after which all bases follow the change, at the 5'-most place of the allele.
    fn first_behind_change(&self) -> i64 {
        let new_end = self.from + self.alt.len() as i64;
        let first = self.origin + self.first_codon() as i64 * 3;
        let is_moved = |n: &i64| self.base(*n) == self.coding.base_at(*n - self.added());
        new_end - (first..new_end).rev().take_while(is_moved).count() as i64
    }

    /// Whether the stop codon becomes the codon of an amino acid and no residue before it changes, so
    /// that the protein is extended.
    pub fn extends(&self) -> bool {
        (self.first_codon()..)
            .map_while(|n| Some((self.coding.residue(n)?, self.residue(n)?)))
            .find(|(before, after)| before != after || *before == b'*')
            .is_some_and(|(before, after)| before == b'*' && !matches!(after, b'*' | b'X'))
    }

    /// Whether a stop codon (from 0) of the changed codons is premature: the change makes it before
    /// the former one, and residues of the protein are lost.
    pub fn makes_premature_stop(&self, found: usize) -> bool {
        if !self.coding.has_stop() {
            return true;
        }
        let end = self.coding.len() as i64;
        let stop = self.coding.protein_len();
        let at = found as i64;
        if self.touches(end - 3, end) {
            // The former stop codon can move towards the start with the bases that are deleted.
            let moved = self.keeps_frame() && at == stop as i64 + self.added_codons();
            return found < stop && !moved && !self.is_behind_change(at);
        }
        let differs = |n: usize| self.residue(n) != self.coding.residue(n);
        if self.origin + at * 3 < end - 3 + self.added() {
            return found < stop || (self.first_codon()..stop).any(differs);
        }
        // A codon of the 3' UTR that a shift of the frame puts in place of a residue.
        found < stop && !self.keeps_frame() && !(self.first_codon()..found).any(differs)
    }

    /// Whether residues before the former stop codon are read in another frame.
    pub fn shifts_residues(&self) -> bool {
        !self.keeps_frame()
            && (self.first_codon()..self.coding.protein_len())
                .find(|n| self.residue(*n) != self.coding.residue(*n))
                .is_some_and(|n| self.residue(n) != Some(b'*'))
    }

    /// Whether all residues up to the stop codon are the same as before.
    pub fn same_up_to_stop(&self) -> bool {
        let stop = self.coding.len() / 3 - 1;
        (self.first_codon()..=stop).all(|n| self.residue(n) == self.coding.residue(n))
    }

    /// The amino acid of a codon (from 0) after the change.
    pub fn residue(&self, number: usize) -> Option<u8> {
        let index = self.origin + number as i64 * 3;
        let codon = self.codon_at(index)?;
        if number == 0 && self.coding.has_start() && self.coding.can_start(&codon) {
            return Some(b'M');
        }
        let recoded = self.recoded_residue(index, &codon);
        Some(recoded.unwrap_or_else(|| self.coding.table.translate(&codon)))
    }

    /// The residue of the codon at an index if the same codon, at the same distance from the bases before
    /// or after the change, was not translated by the genetic code before the change.
    pub(super) fn recoded_residue(&self, index: i64, codon: &[u8; 3]) -> Option<u8> {
        if self.coding.recoded.is_empty() {
            return None;
        }
        let was = |index: i64| {
            let number = usize::try_from(index).ok().filter(|n| n.is_multiple_of(3))? / 3;
            let before = self.coding.codon(number).filter(|b| b.eq_ignore_ascii_case(codon))?;
            self.coding.recoded_residue(number, &before)
        };
        let added = self.added();
        let new_end = self.from + self.alt.len() as i64;
        let at_start = (added == 0 || self.from > index).then(|| was(index)).flatten();
        at_start.or_else(|| (new_end < index + 3).then(|| was(index - added)).flatten())
    }

    /// The number (from 0) of the first stop codon at or after a codon.
    pub fn stop_from(&self, number: usize) -> Option<usize> {
        (number..)
            .map_while(|n| self.residue(n).map(|residue| (n, residue)))
            .find(|(_, residue)| *residue == b'*')
            .map(|(n, _)| n)
    }
}
