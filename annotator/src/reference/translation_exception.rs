//! Codons that the genetic code does not translate: `transl_except` of INSDC and NCBI
//! (<https://www.insdc.org/submitting-standards/feature-table/>), and the features by which Ensembl and GENCODE
//! mark selenocysteines.

use super::manifest::Contig;
use crate::model::{
    Cds, ContigModel, RecodedCodon, Strand, Transcript, amino_acid_three, complement,
};
use std::fmt::Display;

/// A codon, or the incomplete last one, with the residue that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TranslationException {
    /// First and last position; an intron can split the codon.
    start: i32,
    end: i32,
    /// `*` ends the protein, `X` is another residue than the 22 of the nomenclature.
    residue: u8,
    /// The name of a residue that no table has.
    unknown_name: Option<Box<str>>,
}

/// Why a translation exception does not set a residue. The transcript is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExceptionProblem {
    /// The positions are no codon of the coding sequence.
    NoCodon,
    /// The residue has another name than INSDC has for one. It is unknown then.
    UnknownResidue(Box<str>),
}

impl Display for ExceptionProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCodon => f.write_str(
                "a transl_except that is no codon of the CDS, which is read by the genetic code",
            ),
            Self::UnknownResidue(name) => {
                write!(
                    f,
                    "a transl_except with {name:?}, which is no amino acid; its codon has no known residue"
                )
            }
        }
    }
}

impl TranslationException {
    /// The selenocysteine of a feature.
    pub(super) const fn selenocysteine(start: i32, end: i32) -> Self {
        Self { start, end, residue: b'U', unknown_name: None }
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
            let is_named = |other: &str| name.eq_ignore_ascii_case(other);
            let known = match name {
                _ if is_named("TERM") => Some(b'*'),
                _ if is_named("OTHER") || is_named("Xaa") => Some(b'X'),
                _ => residues().find(|one| is_named(amino_acid_three(*one))),
            };
            let unknown_name = known.is_none().then(|| name.into());
            Some(Self { start, end, residue: known.unwrap_or(b'X'), unknown_name })
        })
    }

    /// Sets the codon in a coding sequence.
    ///
    /// # Errors
    /// Why its residue is not set, or not known.
    pub(super) fn apply(&self, cds: &mut Cds, strand: Strand) -> Result<(), ExceptionProblem> {
        if !self.recode(cds, strand) {
            return Err(ExceptionProblem::NoCodon);
        }
        self.unknown_name.clone().map_or(Ok(()), |name| Err(ExceptionProblem::UnknownResidue(name)))
    }

    /// Returns `false` if the positions are no codon of the coding sequence.
    fn recode(&self, cds: &mut Cds, strand: Strand) -> bool {
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

/// The most notes about translation exceptions; the others are only counted.
const MAX_NOTES: usize = 20;

/// The translation exceptions of kept transcripts that do not set a residue.
#[derive(Debug, Default)]
pub(super) struct ExceptionNotes {
    notes: Vec<String>,
    more: usize,
}

impl ExceptionNotes {
    /// Adds a reason.
    pub(super) fn add(&mut self, id: &str, contig: &str, reason: impl Display) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(format!("transcript {id} on {contig}: {reason}"));
        } else {
            self.more += 1;
        }
    }

    /// Adds the codons of transcripts that are not what they are said to stand for.
    pub(super) fn add_sense_codons(
        &mut self,
        models: &[ContigModel],
        contigs: &[Contig],
        sequence: &[u8],
    ) {
        for (model, contig) in models.iter().zip(contigs) {
            let bases = &sequence[contig.offset as usize..(contig.offset + contig.length) as usize];
            for transcript in &model.transcripts {
                let Some(cds) = &transcript.cds else { continue };
                for recoded in &cds.recoded {
                    let Some(codon) = codon(transcript, cds, bases, recoded.number) else {
                        continue;
                    };
                    if !recoded.stands_for(&codon, cds.table) {
                        let (number, name) =
                            (recoded.number + 1, amino_acid_three(recoded.residue));
                        let codon = String::from_utf8_lossy(&codon).into_owned();
                        let reason = format!(
                            "codon {number} ({codon}) is no stop codon that stands for {name}; it is read \
                             by the genetic code"
                        );
                        self.add(&transcript.id, &contig.name, reason);
                    }
                }
            }
        }
    }

    /// The notes of the manifest.
    pub(super) fn into_notes(self) -> Vec<String> {
        let mut notes = self.notes;
        if self.more > 0 {
            notes.push(format!("{} more translation exceptions set no residue", self.more));
        }
        notes
    }
}

/// The bases of a codon (from 0) in the sequence of its contig.
fn codon(transcript: &Transcript, cds: &Cds, bases: &[u8], number: i32) -> Option<[u8; 3]> {
    let first = number * 3 + 1 - i32::from(cds.start_phase);
    let mut codon = Vec::with_capacity(3);
    for (start, end) in cds.regions(transcript.strand, first, first + 2) {
        let part =
            bases.get(usize::try_from(start).ok()?.checked_sub(1)?..usize::try_from(end).ok()?)?;
        match transcript.strand {
            Strand::Forward => codon.extend(part.iter().map(u8::to_ascii_uppercase)),
            Strand::Reverse => {
                codon.extend(part.iter().rev().map(|b| complement(b.to_ascii_uppercase())))
            }
        }
    }
    codon.try_into().ok()
}
