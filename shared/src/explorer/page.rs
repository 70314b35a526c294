//! The question for a page of the table, and the answer.

use super::{Filter, Impact, VariantType};
use serde::{Deserialize, Serialize};

/// Most rows of one answer.
pub const MAX_ROWS: u32 = 1000;

/// A question for part of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Which records.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// How many of them to pass over.
    pub offset: u64,
    /// How many rows to return, at most [`MAX_ROWS`].
    pub limit: u32,
    /// Whether to count the facets too; scrolling needs them not.
    pub facets: bool,
}

/// An order of the table. Records that have no value come last in both directions, and records
/// with equal values keep the file's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// In which direction.
    pub direction: Direction,
}

/// What the table is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// Contig (as the file orders them), then position.
    #[default]
    Position,
    /// QUAL.
    Quality,
    /// The lowest frequency among the record's alleles.
    Frequency,
    /// Symbol of the gene shown in the table.
    Gene,
    /// Impact, then severity of the most severe consequence; ascending begins with HIGH.
    Impact,
}

/// A direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The least first.
    #[default]
    Ascending,
    /// The greatest first.
    Descending,
}

/// Part of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Records in the file.
    pub total: u64,
    /// Records that the filter shows.
    pub matched: u64,
    /// The rows asked for.
    pub rows: Vec<Row>,
    /// The facets, where they were asked for.
    pub facets: Option<Facets>,
}

/// How many records a further choice would show. A facet's own criterion is left out of its
/// counts, so that the other choices beside the one made are counted too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// By most severe consequence, the most severe first; [`super::NO_CONSEQUENCE`] last.
    pub consequences: Vec<Facet<String>>,
    /// By greatest impact.
    pub impacts: Vec<Facet<Impact>>,
    /// By kind; a record counts once for each kind among its alleles.
    pub types: Vec<Facet<VariantType>>,
    /// By name in FILTER; the most frequent first.
    pub filters: Vec<Facet<String>>,
    /// By contig, in the file's order.
    pub chromosomes: Vec<Facet<String>>,
    /// By whether there is a dbSNP number.
    pub known: Vec<Facet<bool>>,
}

/// A value and the records that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet<T> {
    /// The value.
    pub value: T,
    /// How many records have it.
    pub records: u64,
}

/// A record as the table shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Number of the record in the file, from 0: its name in later questions.
    pub number: u64,
    /// CHROM.
    pub chrom: String,
    /// POS.
    pub pos: u32,
    /// ID, as the file has it.
    pub id: String,
    /// REF; long alleles are cut in the table, never in exports.
    pub reference: String,
    /// ALT, comma-separated.
    pub alt: String,
    /// QUAL, as the file has it.
    pub qual: String,
    /// FILTER.
    pub filter: String,
    /// Kinds of the alternatives, each once.
    pub types: Vec<VariantType>,
    /// Most severe consequence.
    pub consequence: Option<String>,
    /// Greatest impact.
    pub impact: Option<Impact>,
    /// Gene of the chosen transcript: the one with the most severe consequence, MANE Select and
    /// canonical ones first.
    pub gene: Option<String>,
    /// The chosen transcript.
    pub transcript: Option<String>,
    /// HGVS coding (or non-coding) description on it.
    pub hgvs_c: Option<String>,
    /// HGVS protein description.
    pub hgvs_p: Option<String>,
    /// Lowest frequency among the record's alleles.
    pub frequency: Option<f32>,
    /// dbSNP numbers and other identifiers, of ID and of the annotation.
    pub ids: Vec<String>,
}

/// Everything about a record, for the drawer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowDetails {
    /// What the table shows, alleles uncut.
    pub row: Row,
    /// Frequencies by the INFO key or annotation column that has them.
    pub frequencies: Vec<Field>,
    /// Every allele's and transcript's consequences, in the file's order.
    pub entries: Vec<TranscriptEntry>,
    /// The other INFO fields.
    pub info: Vec<Field>,
    /// FORMAT and the samples' columns; at most the first 100 samples.
    pub samples: Vec<Field>,
}

/// What the annotation says of one allele and one transcript: the columns that are not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptEntry {
    /// Whether the table shows this one.
    pub chosen: bool,
    /// Column names of the header's Format, with values.
    pub fields: Vec<Field>,
}

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The key.
    pub key: String,
    /// The value; empty for flags.
    pub value: String,
    /// What the header says the key means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The records as they are, below the file's header.
    Vcf,
    /// The table's columns, tab-separated.
    Tsv,
    /// The table's columns, comma-separated (RFC 4180).
    Csv,
}
