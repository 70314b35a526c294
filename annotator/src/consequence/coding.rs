//! Codons and peptides of an allele inside a coding sequence, before and after.

use super::locate::Location;
use crate::model::{Cds, CodonTable, Transcript, complement};
use crate::reference::ContigView;
use crate::variant::Allele;

/// A coding sequence as it is translated: as many `N` as bases lack at the 5' end, the coding
/// bases, and the 3' UTR behind them.
#[derive(Clone, Copy, Debug)]
pub struct Translatable<'a> {
    /// Bases that lack at the start.
    pub phase: usize,
    /// Coding bases.
    pub cds: &'a [u8],
    /// Bases of a mitochondrial stop codon that only the poly-A tail supplies.
    pub tail: usize,
    /// 3' UTR.
    pub utr3: &'a [u8],
    /// 5' UTR.
    pub utr5: &'a [u8],
    /// Genetic code.
    pub table: CodonTable,
    /// Codons read as selenocysteine.
    pub selenocysteines: &'a [i32],
}

impl<'a> Translatable<'a> {
    /// The coding sequence of a transcript.
    pub fn new(contig: &ContigView<'a>, transcript: &'a Transcript, cds: &'a Cds) -> Self {
        let cdna = contig.cdna(transcript);
        Self {
            phase: usize::from(cds.start_phase),
            cds: contig.coding(cds),
            tail: match cds.table {
                CodonTable::VertebrateMitochondrial => {
                    (3 - (usize::from(cds.start_phase) + cds.len as usize) % 3) % 3
                }
                _ => 0,
            },
            utr3: &cdna[cds.cdna_end as usize..],
            utr5: &cdna[..cds.cdna_start as usize - 1],
            table: cds.table,
            selenocysteines: &cds.selenocysteines,
        }
    }

    /// Length without the 3' UTR.
    pub const fn len(&self) -> usize {
        self.phase + self.cds.len() + self.tail
    }

    /// Whether there is nothing to translate.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length with the 3' UTR.
    pub const fn full_len(&self) -> usize {
        self.len() + self.utr3.len()
    }

    /// The base at an index from 0; beyond the end there is none.
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

    /// Appends the bases `from..to` (from 0), cut off at `end`.
    pub fn extend(&self, out: &mut Vec<u8>, from: usize, to: usize, end: usize) {
        let to = to.min(end);
        out.extend((from..to).map_while(|index| self.base(index)));
    }

    /// The amino acid of a codon number from 0 of the reference, its selenocysteine included.
    #[inline]
    pub fn residue(&self, codon: usize) -> Option<u8> {
        let at = codon * 3;
        let bases = [self.base(at)?, self.base(at + 1)?, self.base(at + 2)?];
        let residue = self.table.translate(&bases);
        let is_sec = residue == b'*' && self.selenocysteines.contains(&(codon as i32));
        Some(if is_sec { b'U' } else { residue })
    }

    /// Number of residues of the reference protein: whole codons, without a final stop.
    pub fn protein_len(&self) -> usize {
        let whole = self.len() / 3;
        match whole.checked_sub(1).and_then(|last| self.residue(last)) {
            Some(b'*') => whole - 1,
            _ => whole,
        }
    }
}

/// What an allele makes of the codons it touches. Buffers are reused from allele to allele.
#[derive(Clone, Debug, Default)]
pub struct Codons {
    /// Bases of the touched codons, upper case; empty between codons.
    pub reference: Vec<u8>,
    /// The same with the allele in.
    pub alt: Vec<u8>,
    /// Whether there are codons at all.
    pub known: bool,
    /// Amino acids of `reference`; empty where there is none (`-`).
    pub reference_peptide: Vec<u8>,
    /// Amino acids of `alt`.
    pub alt_peptide: Vec<u8>,
    /// Whether both peptides can be told.
    pub peptides_known: bool,
    /// The allele's bases in reading direction.
    pub alt_bases: Vec<u8>,
    /// First codon touched, from 1.
    pub first: i32,
    /// Last codon touched; `first - 1` for an insertion between codons.
    pub last: i32,
}

/// Whether all bytes are plain bases, in either case.
pub fn is_plain_dna(bases: &[u8]) -> bool {
    bases.iter().all(|b| matches!(b, b'A' | b'C' | b'G' | b'T' | b'a' | b'c' | b'g' | b't'))
}

/// Puts bases into reading direction, upper case.
pub fn oriented(out: &mut Vec<u8>, bases: &[u8], reverse: bool) {
    out.clear();
    if reverse {
        out.extend(bases.iter().rev().map(|b| complement(b.to_ascii_uppercase())));
    } else {
        out.extend(bases.iter().map(u8::to_ascii_uppercase));
    }
}

impl Codons {
    /// Forgets the last allele.
    pub fn clear(&mut self) {
        self.known = false;
        self.peptides_known = false;
        for buffer in [
            &mut self.reference,
            &mut self.alt,
            &mut self.reference_peptide,
            &mut self.alt_peptide,
            &mut self.alt_bases,
        ] {
            buffer.clear();
        }
    }

    /// Works out codons and peptides of an allele whose both ends are in the CDS.
    pub fn fill(
        &mut self,
        coding: &Translatable<'_>,
        allele: &Allele<'_>,
        reverse: bool,
        location: &Location,
    ) {
        self.clear();
        oriented(&mut self.alt_bases, allele.alt, reverse);
        let Some((start, end)) = location.cds.both() else { return };
        self.first = (start + 2) / 3;
        self.last = (end + 2) / 3;
        let from = (self.first * 3 - 3) as usize;
        let to = (self.last * 3) as usize;
        let (start, end) = (start as usize - 1, end as usize);
        oriented(&mut self.reference_peptide, allele.reference, reverse);
        coding.extend(&mut self.reference, from, start, coding.len());
        self.reference.extend_from_slice(&self.reference_peptide);
        coding.extend(&mut self.reference, end, to, coding.len());
        let same_length = allele.alt.len() == end - start;
        // An indel near the end reads on into the 3' UTR.
        let limit = if same_length { coding.len() } else { coding.full_len() };
        coding.extend(&mut self.alt, from, start, limit);
        self.alt.extend_from_slice(&self.alt_bases);
        coding.extend(&mut self.alt, end, to, limit);
        self.known = true;
        if !is_plain_dna(allele.alt) || !is_plain_dna(allele.reference) {
            self.reference_peptide.clear();
            return;
        }
        translate(&mut self.reference_peptide, coding.table, &self.reference);
        translate(&mut self.alt_peptide, coding.table, &self.alt);
        for codon in coding.selenocysteines {
            let place = codon + 1 - self.first;
            if let Ok(place) = usize::try_from(place)
                && let Some(residue) = self.reference_peptide.get_mut(place)
                && *residue == b'*'
            {
                *residue = b'U';
            }
        }
        self.peptides_known = true;
    }
}

/// Amino acids of the whole codons, and `X` for what is left over (unless all there is is a stop).
fn translate(out: &mut Vec<u8>, table: CodonTable, bases: &[u8]) {
    out.clear();
    let codons = bases.chunks_exact(3);
    let rest = codons.remainder();
    out.extend(codons.map(|codon| table.translate(codon)));
    if !rest.is_empty() && out != b"*" {
        out.push(b'X');
    }
}
