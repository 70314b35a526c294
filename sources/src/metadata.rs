//! What a source file states about itself.

use serde::{Deserialize, Serialize};

/// What a source is, where it is from, and what its rows have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceDescription {
    /// The name that users see, such as `gnomAD genomes`.
    pub name: String,
    /// The release of the data, such as `4.1` or a date.
    pub version: String,
    /// The assembly of the positions, such as `GRCh38`. Empty for tables by gene.
    pub assembly: String,
    /// The license of the data.
    pub license: String,
    /// What a publication should cite.
    pub attribution: String,
    /// How a variant is matched with rows.
    pub matching: Matching,
    /// The columns, in the order of the values of a row.
    pub columns: Vec<Column>,
    /// Values that are quotients of two columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotients: Vec<Quotient>,
}

/// By what a variant is matched with rows, and so what rows have besides their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matching {
    /// Alleles in minimal form at the leftmost place of a repeat, however they were written.
    Minimized,
    /// Alleles in minimal form at the place where they were written. A variant is matched with the rows at its own place in
    /// a repeat, and without any, with those at the first other place that has some.
    Verbatim,
    /// Alleles as [`Self::Minimized`], and in the first column the transcript, or several of them, separated by `;`. Their
    /// versions are ignored.
    TranscriptAndAllele,
    /// Any variant at the position.
    Position,
    /// Any variant that overlaps the region.
    Overlap,
    /// The gene in the key of the row.
    Gene,
}

impl Matching {
    /// Whether rows have an allele.
    pub const fn has_alleles(self) -> bool {
        matches!(self, Self::Minimized | Self::Verbatim | Self::TranscriptAndAllele)
    }

    /// Whether alleles are in minimal form at the leftmost place of a repeat.
    pub const fn is_minimized(self) -> bool {
        matches!(self, Self::Minimized | Self::TranscriptAndAllele)
    }
}

/// A column of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The name of the annotation field, such as `gnomADg_AC`.
    pub name: String,
    /// What it means.
    #[serde(default)]
    pub description: String,
    /// The type of its values.
    #[serde(flatten)]
    pub kind: ColumnKind,
    /// What is written before each value, such as `rs` before the number of dbSNP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// The type of the values of a column. Any value can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "type")]
pub enum ColumnKind {
    /// Integers.
    Integer,
    /// Decimal numbers with a fixed number of decimals, stored as integers.
    Decimal {
        /// The number of decimals, at most 9.
        decimals: u8,
    },
    /// Whether something is so: 0 or 1.
    Flag,
    /// Texts of which many are equal.
    Category,
    /// Texts of which few are equal.
    Text,
}

/// A value that is the quotient of two integer columns, such as AF of AC and AN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotient {
    /// The name of the annotation field.
    pub name: String,
    /// The column of the numerator.
    pub numerator: String,
    /// The column of the denominator.
    pub denominator: String,
}

/// A contig of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contig {
    /// The name in the source.
    pub name: String,
    /// The length in bases, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// The accession with its version, such as `NC_000001.11`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accession: Option<String>,
}

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    /// The first byte, from the start of the file.
    pub(crate) offset: u64,
    /// The number of bytes.
    pub(crate) length: u64,
    /// XXH3 of the bytes (64 bits, seed 0).
    pub(crate) checksum: u64,
}

/// Where the rows of a contig are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContigSections {
    /// The contig.
    #[serde(flatten)]
    pub(crate) contig: Contig,
    /// The number of rows.
    pub(crate) rows: u64,
    /// The bytes of the blocks, which are relative to it.
    pub(crate) start: u64,
    /// The directory of the blocks.
    pub(crate) directory: Section,
    /// The texts of each category column, in the order of the columns.
    pub(crate) dictionaries: Vec<Section>,
}

/// The metadata of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    /// The source.
    #[serde(flatten)]
    pub(crate) description: SourceDescription,
    /// The contigs; tables by gene have one without a name.
    pub(crate) contigs: Vec<ContigSections>,
}

impl SourceDescription {
    /// The number of category columns before a column.
    pub(crate) fn dictionary_of(&self, column: usize) -> usize {
        let before = self.columns.iter().take(column);
        before.filter(|column| column.kind == ColumnKind::Category).count()
    }
}
