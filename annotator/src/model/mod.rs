//! Gene models: genes, transcripts, exons and coding sequences, in genomic coordinates.
//!
//! All positions are 1-based and inclusive, as in GFF3, VCF and HGVS.

mod codon;
mod index;
mod transcript;

pub use codon::{CodonTable, amino_acid_three, codon_index, complement};
pub use index::RegionIndex;
pub use transcript::{Cds, CdsSegment, Exon, RecodedCodon, Strand, Transcript, TranscriptFlags};

use serde::{Deserialize, Serialize};

/// A gene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gene {
    /// Stable identifier, such as `ENSG00000178591`.
    pub id: Box<str>,
    /// Symbol; empty if the gene has none.
    pub symbol: Box<str>,
    /// Biotype, such as `protein_coding`.
    pub biotype: Box<str>,
    /// First genomic position.
    pub start: i32,
    /// Last genomic position.
    pub end: i32,
    /// Strand.
    pub strand: Strand,
}

/// The gene models of one contig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContigModel {
    /// Genes, sorted by start.
    pub genes: Vec<Gene>,
    /// Transcripts, in the order of the source file.
    pub transcripts: Vec<Transcript>,
}
