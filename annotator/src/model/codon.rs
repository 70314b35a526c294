//! Genetic codes.

use serde::{Deserialize, Serialize};

/// A genetic code by its NCBI number
/// (<https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodonTable {
    /// 1, the standard code.
    #[default]
    Standard,
    /// 2, vertebrate mitochondria.
    VertebrateMitochondrial,
    /// 11, bacteria, archaea and plant plastids. It translates like the standard code, but has more
    /// start codons.
    Bacterial,
}

const STANDARD: &[u8; 64] = b"FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG";
const MITOCHONDRIAL: &[u8; 64] =
    b"FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG";

impl CodonTable {
    /// The code with an NCBI number.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Standard),
            2 => Some(Self::VertebrateMitochondrial),
            11 => Some(Self::Bacterial),
            _ => None,
        }
    }

    /// The NCBI number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Standard => 1,
            Self::VertebrateMitochondrial => 2,
            Self::Bacterial => 11,
        }
    }

    /// The amino acid of a codon; `*` for a stop, `X` for an incomplete or ambiguous codon.
    #[inline]
    pub fn translate(self, codon: &[u8]) -> u8 {
        match codon_index(codon) {
            Some(index) => self.residues()[index],
            None => self.translate_ambiguous(codon),
        }
    }

    /// Appends the amino acids of the complete codons, up to and including the first stop.
    pub fn translate_to_stop(self, bases: &[u8], out: &mut Vec<u8>) {
        let residues = self.residues();
        for codon in bases.chunks_exact(3) {
            let residue = match codon_index(codon) {
                Some(index) => residues[index],
                None => self.translate_ambiguous(codon),
            };
            out.push(residue);
            if residue == b'*' {
                return;
            }
        }
    }

    /// Translates a codon with IUPAC codes, if all codons it represents have the same amino acid.
    #[cold]
    fn translate_ambiguous(self, codon: &[u8]) -> u8 {
        let [a, b, c] = codon else { return b'X' };
        let mut found = None;
        for x in bases_of(*a) {
            for y in bases_of(*b) {
                for z in bases_of(*c) {
                    let Some(index) = codon_index(&[*x, *y, *z]) else { return b'X' };
                    let residue = self.residues()[index];
                    if *found.get_or_insert(residue) != residue {
                        return b'X';
                    }
                }
            }
        }
        found.unwrap_or(b'X')
    }

    const fn residues(self) -> &'static [u8; 64] {
        match self {
            Self::Standard | Self::Bacterial => STANDARD,
            Self::VertebrateMitochondrial => MITOCHONDRIAL,
        }
    }

    /// Whether a codon can be the start codon of a gene model: a start codon, or one that differs
    /// from ATG by one base, as most exceptions do (Kearse & Wilusz 2017, Genes & Development
    /// 31:1717).
    pub fn may_start(self, codon: &[u8; 3]) -> bool {
        let same = codon.iter().zip(b"ATG").filter(|(a, b)| a == b).count();
        same >= 2 || self.is_start(codon)
    }

    /// Whether a codon is a start codon.
    pub fn is_start(self, codon: &[u8]) -> bool {
        match self {
            Self::Standard => matches!(codon, b"ATG" | b"CTG" | b"TTG"),
            Self::VertebrateMitochondrial => {
                matches!(codon, b"ATG" | b"ATA" | b"ATT" | b"ATC" | b"GTG")
            }
            Self::Bacterial => {
                matches!(codon, b"ATG" | b"GTG" | b"TTG" | b"CTG" | b"ATT" | b"ATC" | b"ATA")
            }
        }
    }
}

/// The bases that an IUPAC code represents.
fn bases_of(code: u8) -> &'static [u8] {
    match code.to_ascii_uppercase() {
        b'A' => b"A",
        b'C' => b"C",
        b'G' => b"G",
        b'T' | b'U' => b"T",
        b'R' => b"AG",
        b'Y' => b"CT",
        b'S' => b"CG",
        b'W' => b"AT",
        b'K' => b"GT",
        b'M' => b"AC",
        b'B' => b"CGT",
        b'D' => b"AGT",
        b'H' => b"ACT",
        b'V' => b"ACG",
        b'N' => b"ACGT",
        _ => b"",
    }
}

/// The index of a codon in NCBI's order of bases (T, C, A, G); `None` unless it is three of these.
#[inline]
pub fn codon_index(codon: &[u8]) -> Option<usize> {
    let [a, b, c] = codon else { return None };
    let digit = |base: &u8| usize::from(DIGITS[usize::from(*base)]);
    let index = digit(a) << 4 | digit(b) << 2 | digit(c);
    (index < 64).then_some(index)
}

/// By byte: its index in NCBI's order of bases, or a number that makes any codon index too large.
const DIGITS: [u8; 256] = {
    let mut digits = [64; 256];
    let mut index = 0;
    while index < 4 {
        let base = b"TCAG"[index];
        digits[base as usize] = index as u8;
        digits[base.to_ascii_lowercase() as usize] = index as u8;
        index += 1;
    }
    digits
};

/// The complementary base, in the same case; other bytes are returned unchanged.
#[inline]
pub const fn complement(base: u8) -> u8 {
    match base {
        b'A' => b'T',
        b'C' => b'G',
        b'G' => b'C',
        b'T' => b'A',
        b'a' => b't',
        b'c' => b'g',
        b'g' => b'c',
        b't' => b'a',
        b'R' => b'Y',
        b'Y' => b'R',
        b'K' => b'M',
        b'M' => b'K',
        b'B' => b'V',
        b'V' => b'B',
        b'D' => b'H',
        b'H' => b'D',
        other => other,
    }
}

/// The three-letter name of an amino acid, as HGVS writes it.
pub const fn amino_acid_three(one: u8) -> &'static str {
    match one {
        b'A' => "Ala",
        b'R' => "Arg",
        b'N' => "Asn",
        b'D' => "Asp",
        b'C' => "Cys",
        b'Q' => "Gln",
        b'E' => "Glu",
        b'G' => "Gly",
        b'H' => "His",
        b'I' => "Ile",
        b'L' => "Leu",
        b'K' => "Lys",
        b'M' => "Met",
        b'F' => "Phe",
        b'P' => "Pro",
        b'S' => "Ser",
        b'T' => "Thr",
        b'W' => "Trp",
        b'Y' => "Tyr",
        b'V' => "Val",
        b'U' => "Sec",
        b'*' => "Ter",
        _ => "Xaa",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genetic_codes_differ_in_their_amino_acids_and_start_codons() {
        let standard = CodonTable::Standard;
        let mito = CodonTable::VertebrateMitochondrial;
        for (codon, one, two) in
            [(b"TGA", b'*', b'W'), (b"ATA", b'I', b'M'), (b"AGA", b'R', b'*'), (b"ATG", b'M', b'M')]
        {
            assert_eq!((standard.translate(codon), mito.translate(codon)), (one, two));
        }
        assert_eq!(standard.translate(b"CTN"), b'L');
        assert_eq!(standard.translate(b"NNN"), b'X');
        assert_eq!(standard.translate(b"AT"), b'X');
        assert!(CodonTable::Bacterial.is_start(b"GTG") && !standard.is_start(b"GTG"));
    }
}
