//! Codons that the genetic code does not translate: `transl_except` of INSDC and NCBI
//! (<https://www.insdc.org/submitting-standards/feature-table/>), and the features by which Ensembl and GENCODE
//! mark selenocysteines.

use crate::model::{Cds, RecodedCodon, Strand, amino_acid_three};

/// A codon, or the incomplete last one, with the residue that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TranslationException {
    /// First and last position; an intron can split the codon.
    start: i32,
    end: i32,
    /// `*` ends the protein, `X` is another residue than the 22 of the nomenclature.
    residue: u8,
}

impl TranslationException {
    /// The selenocysteine of a feature.
    pub(super) const fn selenocysteine(start: i32, end: i32) -> Self {
        Self { start, end, residue: b'U' }
    }

    /// The codons of `transl_except`: `(pos:5..7,aa:Sec)`, with `complement(…)` on the reverse strand
    /// and `join(…)` for a codon that an intron splits.
    pub(super) fn parse(list: &str) -> impl Iterator<Item = Self> {
        list.split("(pos:").skip(1).filter_map(|item| {
            let (positions, name) = item.split_once("aa:")?;
            let numbers = positions.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<i32> = numbers.filter_map(|n| n.parse().ok()).collect();
            let (start, end) = (*numbers.iter().min()?, *numbers.iter().max()?);
            let name = name.split(')').next()?.trim();
            let residue = match name {
                "TERM" => b'*',
                _ => residues().find(|one| amino_acid_three(*one) == name).unwrap_or(b'X'),
            };
            Some(Self { start, end, residue })
        })
    }

    /// Sets the codon in a coding sequence. Returns `false` if the positions are no codon of it.
    pub(super) fn apply(&self, cds: &mut Cds, strand: Strand) -> bool {
        let first = if strand.is_reverse() { self.end } else { self.start };
        let Some(segment) = cds.segments.iter().find(|s| s.start <= first && first <= s.end) else {
            return false;
        };
        let into = if strand.is_reverse() { segment.end - first } else { first - segment.start };
        let index = i32::from(cds.start_phase) + segment.cds_start - 1 + into;
        if index % 3 != 0 {
            return false;
        }
        if index + 3 > i32::from(cds.start_phase) + cds.len {
            cds.stop_from_poly_a |= self.residue == b'*';
            return self.residue == b'*';
        }
        cds.recoded.push(RecodedCodon { number: index / 3, residue: self.residue });
        true
    }
}

/// The residues with a name of the nomenclature.
fn residues() -> impl Iterator<Item = u8> {
    (b'A'..=b'Z').filter(|one| *one != b'X' && amino_acid_three(*one) != "Xaa")
}
