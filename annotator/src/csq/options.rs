//! Options of the `csq` mode.

use crate::model::CodonTable;

/// How heterozygous genotypes without phase are handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Annotate the record on its own.
    #[default]
    Alone,
    /// Take the alleles in the order in which they are written (`0/1` as `0|1`).
    AsIs,
    /// Also put every alternative on the first haplotype (`0/1` as `1|1`, `1/2` as `1|2`).
    Merge,
    /// Reject the file.
    Require,
    /// Put an alternative on both haplotypes if the other allele is the reference (`0/1` as `1|1`).
    NonReference,
    /// Leave the genotype out of all haplotypes.
    Skip,
}

/// Options of the `csq` mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsqOptions {
    /// Annotate every record on its own, without haplotypes.
    pub local: bool,
    /// How unphased genotypes are handled.
    pub phase: Phase,
    /// Maximum number of consequences per haplotype that FORMAT/BCSQ refers to.
    pub max_consequences: usize,
    /// Maximum number of residues written of a changed protein; 0 for no limit.
    pub max_residues: usize,
    /// Genetic code that replaces the code of the gene models. If it is the standard code, its rare
    /// start codons (CTG, TTG) also count as starts.
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
