//! Codons and peptides that an allele changes in a coding sequence.

use super::edited::EditedCoding;
use super::locate::Location;
use super::translatable::Translatable;
use crate::allele::Allele;
use crate::model::{CodonTable, complement};

/// The codons an allele touches, before and after the change. The memory is reused for the next
/// allele.
#[derive(Clone, Debug, Default)]
pub struct Codons {
    /// Bases of the touched codons, in upper case; empty for an insertion between codons.
    pub reference: Vec<u8>,
    /// Bases of the codons after the change.
    pub alt: Vec<u8>,
    /// Whether the codons are known.
    pub known: bool,
    /// Amino acids of `reference`; empty if there are none (`-`).
    pub reference_peptide: Vec<u8>,
    /// Amino acids of `alt`.
    pub alt_peptide: Vec<u8>,
    /// Whether both peptides are known.
    pub peptides_known: bool,
    /// Bases of ALT in reading direction.
    pub alt_bases: Vec<u8>,
    /// First codon touched, from 1.
    pub first: i32,
    /// Last codon touched; `first - 1` for an insertion between codons.
    pub last: i32,
}

/// Whether all bytes are A, C, G or T, in either case.
pub fn is_plain_dna(bases: &[u8]) -> bool {
    bases.iter().all(|b| matches!(b, b'A' | b'C' | b'G' | b'T' | b'a' | b'c' | b'g' | b't'))
}

/// Replaces `out` by the bases in reading direction and upper case.
pub fn oriented(out: &mut Vec<u8>, bases: &[u8], reverse: bool) {
    out.clear();
    if reverse {
        out.extend(bases.iter().rev().map(|b| complement(b.to_ascii_uppercase())));
    } else {
        out.extend(bases.iter().map(u8::to_ascii_uppercase));
    }
}

impl Codons {
    /// Removes the data of the last allele.
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

    /// Computes codons and peptides of an allele. They are known if both ends are in the CDS.
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
        // After an indel near the end, translation continues into the 3' UTR.
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
        if !coding.recoded.is_empty() {
            self.read_recoded(coding, (start, end));
        }
        self.peptides_known = true;
    }

    /// Sets the residues of recoded codons, before and after the change of the bases `span` (from 0).
    fn read_recoded(&mut self, coding: &Translatable<'_>, span: (usize, usize)) {
        let first = self.first as usize - 1;
        let codons = self.reference.as_chunks::<3>().0;
        for (n, (residue, codon)) in self.reference_peptide.iter_mut().zip(codons).enumerate() {
            *residue = coding.recoded_residue(first + n, codon).unwrap_or(*residue);
        }
        let edited = EditedCoding::within(coding, span, &self.alt_bases);
        let codons = self.alt.as_chunks::<3>().0;
        for (n, (residue, codon)) in self.alt_peptide.iter_mut().zip(codons).enumerate() {
            let recoded = edited.recoded_residue(3 * (first + n) as i64, codon);
            *residue = recoded.unwrap_or(*residue);
        }
    }
}

/// Translates the complete codons, and an incomplete last codon as `X` (unless the peptide is a
/// single stop).
fn translate(out: &mut Vec<u8>, table: CodonTable, bases: &[u8]) {
    out.clear();
    let codons = bases.chunks_exact(3);
    let rest = codons.remainder();
    out.extend(codons.map(|codon| table.translate(codon)));
    if !rest.is_empty() && out != b"*" {
        out.push(b'X');
    }
}
