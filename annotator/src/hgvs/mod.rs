//! HGVS descriptions of alleles (<https://hgvs-nomenclature.org>), as Ensembl VEP words them.

/// Descriptions of an allele. Buffers are reused.
#[derive(Clone, Debug, Default)]
pub struct HgvsText {
    /// `NC…:g.…`
    pub genomic: Vec<u8>,
    /// `ENST…:c.…` or `:n.…`
    pub coding: Vec<u8>,
    /// `ENSP…:p.…`
    pub protein: Vec<u8>,
    /// How far the allele was moved towards 3'.
    pub offset: i32,
}
