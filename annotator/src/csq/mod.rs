//! Consequences only, in the layout and by the rules of `bcftools csq` (Danecek and McCarthy 2017,
//! Bioinformatics 33:2037): alleles of one haplotype are read together.
//!
//! [`CsqModel`] holds the models as this mode needs them; [`CsqAnnotator`] compares every record
//! with them. Records in coding sequence are held back until no haplotype can reach them any more
//! (`held`, `haplotypes`); then `compound` tells what the haplotypes do to the protein.

mod active;
mod allele;
mod classify;
mod clusters;
mod coding;
mod compound;
mod engine;
mod features;
mod flags;
mod flush_transcript;
mod genotypes;
mod haplotypes;
mod model;
mod record_buffer;
mod region;
mod translate;
mod write;

pub(crate) use clusters::safe_cut;
pub use engine::CsqAnnotator;
pub(crate) use flags::term_named;
pub use model::CsqModel;

use crate::model::CodonTable;

/// What to do with heterozygous genotypes that are not phased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Tell the record by itself.
    #[default]
    Alone,
    /// Take the alleles in the order in which they stand (`0/1` as `0|1`).
    AsIs,
    /// Put every alternative on the first haplotype too (`0/1` as `1|1`, `1/2` as `1|2`).
    Merge,
    /// Refuse them.
    Require,
    /// Put alternatives on both haplotypes where the other is the reference (`0/1` as `1|1`).
    NonReference,
    /// Leave them out of haplotypes.
    Skip,
}

/// How consequences are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsqOptions {
    /// Every record by itself.
    pub local: bool,
    /// Unphased genotypes.
    pub phase: Phase,
    /// Most consequences of a haplotype at a record that FORMAT/BCSQ names.
    pub max_consequences: usize,
    /// Most residues written of a changed protein; 0 for all.
    pub max_residues: usize,
    /// The genetic code in place of the models' own. With the standard code given, its rarer start
    /// codons start too.
    pub genetic_code: Option<CodonTable>,
}

impl Default for CsqOptions {
    fn default() -> Self {
        Self {
            local: false,
            phase: Phase::default(),
            max_consequences: 15,
            max_residues: 0,
            genetic_code: None,
        }
    }
}

/// The INFO and FORMAT key.
pub(crate) const KEY: &str = "BCSQ";

/// The header lines that define the keys.
pub(crate) fn definitions(local: bool, samples: usize) -> Vec<String> {
    let kind = if local { "Local" } else { "Haplotype-aware" };
    let mut lines = vec![format!(
        "##INFO=<ID={KEY},Number=.,Type=String,Description=\"{kind} consequences from gas-annotate in the layout of bcftools csq. Format: Consequence|gene|transcript|biotype|strand|amino_acid_change|dna_change\">"
    )];
    if samples > 0 {
        lines.push(format!(
            "##FORMAT=<ID={KEY},Number=.,Type=Integer,Description=\"Bitmask of indexes to INFO/{KEY}, with interleaved first/second haplotype. Use %T{KEY} of bcftools query to translate.\">"
        ));
    }
    lines
}
