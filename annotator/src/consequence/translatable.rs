//! A coding sequence with what its translation depends on.

use crate::model::{Cds, CodonTable, RecodedCodon, Transcript};
use crate::reference::ContigView;

/// A coding sequence for translation: an `N` for each missing base at the 5' end, the coding bases,
/// and the 3' UTR.
#[derive(Clone, Copy, Debug)]
pub struct Translatable<'a> {
    /// Number of bases missing at the 5' end.
    pub phase: usize,
    /// Coding bases.
    pub cds: &'a [u8],
    /// Number of bases of the stop codon that the poly-A tail supplies.
    pub tail: usize,
    /// Bases of the 3' UTR.
    pub utr3: &'a [u8],
    /// Bases of the 5' UTR.
    pub utr5: &'a [u8],
    /// Genetic code.
    pub table: CodonTable,
    /// Codons that the genetic code does not translate.
    pub recoded: &'a [RecodedCodon],
    /// Whether the first codon is known.
    start_known: bool,
    /// Whether the last codon is known.
    end_known: bool,
}

impl<'a> Translatable<'a> {
    /// The coding sequence of a transcript.
    pub fn new(contig: &ContigView<'a>, transcript: &'a Transcript, cds: &'a Cds) -> Self {
        let cdna = contig.cdna(transcript);
        let bases = contig.coding(cds);
        // A coding sequence that begins with the transcript, but not with ATG, is one whose start was not found:
        // where translation starts at another codon, the model has bases before it.
        let is_cut = cds.cdna_start == 1
            && cds.table.starts_at_atg()
            && !bases.starts_with(b"ATG")
            && cds.recoded.first().is_none_or(|codon| codon.number > 0);
        Self {
            phase: usize::from(cds.start_phase),
            cds: bases,
            tail: if cds.stop_from_poly_a {
                (3 - (usize::from(cds.start_phase) + cds.len as usize) % 3) % 3
            } else {
                0
            },
            utr3: &cdna[cds.cdna_end as usize..],
            utr5: &cdna[..cds.cdna_start as usize - 1],
            table: cds.table,
            recoded: &cds.recoded,
            start_known: !transcript.flags.cds_start_nf && cds.start_phase == 0 && !is_cut,
            end_known: !transcript.flags.cds_end_nf,
        }
    }

    /// Whether the coding sequence begins with a start codon. Translation starts at few codons that
    /// differ from the usual ones by more than a base, so that others mean that the start of the
    /// coding sequence was not found.
    pub fn has_start(&self) -> bool {
        self.start_known
            && self.codon(0).is_some_and(|codon| {
                self.table.may_start(&codon) || self.recoded_residue(0, &codon) == Some(b'M')
            })
    }

    /// Whether a codon in place of the start codon starts translation.
    pub fn can_start(&self, codon: &[u8; 3]) -> bool {
        match self.table {
            table if table.starts_at_atg() => codon == b"ATG" || Some(*codon) == self.codon(0),
            table => table.is_start(codon) || Some(*codon) == self.codon(0),
        }
    }

    /// Whether the coding sequence ends in a stop codon.
    pub fn has_stop(&self) -> bool {
        self.end_known
            && self.len().is_multiple_of(3)
            && (self.len() / 3).checked_sub(1).and_then(|last| self.residue(last)) == Some(b'*')
    }

    /// The first of the coding bases (from 1, without the phase) that are part of a stop codon at
    /// the end. The poly-A tail can supply the others.
    pub const fn first_of_stop(&self) -> i32 {
        self.cds.len() as i32 - 2 + self.tail as i32
    }

    /// The bases of a reference codon (from 0).
    pub fn codon(&self, number: usize) -> Option<[u8; 3]> {
        let at = number * 3;
        Some([self.base(at)?, self.base(at + 1)?, self.base(at + 2)?])
    }

    /// The base at an index from 0; before it, the bases of the 5' UTR.
    #[inline]
    pub(super) fn base_at(&self, index: i64) -> Option<u8> {
        match usize::try_from(index) {
            Ok(index) => self.base(index),
            Err(_) => {
                let before = usize::try_from(index.unsigned_abs()).ok()?;
                self.utr5.get(self.utr5.len().checked_sub(before)?).copied()
            }
        }
    }

    /// Length without the 3' UTR.
    pub const fn len(&self) -> usize {
        self.phase + self.cds.len() + self.tail
    }

    /// Whether the coding sequence is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length with the 3' UTR.
    pub const fn full_len(&self) -> usize {
        self.len() + self.utr3.len()
    }

    /// The base at an index from 0; `None` after the 3' UTR.
    #[inline]
    pub fn base(&self, index: usize) -> Option<u8> {
        if index < self.phase {
            return Some(b'N');
        }
        let index = index - self.phase;
        match index.checked_sub(self.cds.len()) {
            None => Some(self.cds[index]),
            Some(after) if after < self.tail => Some(b'A'),
            Some(after) => self.utr3.get(after - self.tail).copied(),
        }
    }

    /// Appends the bases `from..to` (from 0), truncated at `end`.
    pub fn extend(&self, out: &mut Vec<u8>, from: usize, to: usize, end: usize) {
        let to = to.min(end);
        out.extend((from..to).map_while(|index| self.base(index)));
    }

    /// The amino acid of a codon (from 0) of the coding sequence, including recoded ones, and methionine for
    /// any start codon. An incomplete last codon has none, whatever follows it in the transcript.
    #[inline]
    pub fn residue(&self, codon: usize) -> Option<u8> {
        if 3 * codon + 3 > self.len() {
            return None;
        }
        let bases = self.codon(codon)?;
        if codon == 0 && self.start_known && self.table.may_start(&bases) {
            return Some(b'M');
        }
        Some(self.recoded_residue(codon, &bases).unwrap_or_else(|| self.table.translate(&bases)))
    }

    /// The residue of a codon (from 0) with these bases, if the genetic code does not translate it.
    pub(super) fn recoded_residue(&self, codon: usize, bases: &[u8; 3]) -> Option<u8> {
        if self.recoded.is_empty() {
            return None;
        }
        let number = i32::try_from(codon).ok()?;
        let at = self.recoded.binary_search_by_key(&number, |codon| codon.number).ok()?;
        let recoded = self.recoded[at];
        recoded.stands_for(bases, self.table).then_some(recoded.residue)
    }

    /// Length of the reference protein: complete codons without a final stop.
    pub fn protein_len(&self) -> usize {
        let whole = self.len() / 3;
        match whole.checked_sub(1).and_then(|last| self.residue(last)) {
            Some(b'*') => whole - 1,
            _ => whole,
        }
    }
}
