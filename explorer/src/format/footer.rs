//! The footer of the index file: dictionaries, and entries of the blocks.

use super::{Chunks, ColumnCounts, RowCounts, Segment};
use crate::bounded::list;
use crate::limits::FOOTER_TEXTS;
use gas_shared::explorer::{ColumnSet, MAX_SOURCE_COLUMNS};
use gas_shared::source::SourceColumn;
use serde::{Deserialize, Serialize};

/// Everything in an index except the columns.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Footer {
    /// Records.
    pub rows: u64,
    /// Records per block; the last block may have fewer.
    pub block_rows: u32,
    /// Whether the records are sorted by contig (in order of appearance) and position.
    pub sorted: bool,
    /// Bytes of the result file.
    pub result_bytes: u64,
    /// Bytes of the uncompressed result.
    pub text_bytes: u64,
    /// Bytes of the uncompressed VCF header, at the start of the result.
    pub header_bytes: u64,
    /// Whether the result is BGZF.
    pub bgzf: bool,
    /// Offsets of the BGZF blocks that contain the header; empty for plain files.
    pub header_offsets: Vec<BlockOffset>,
    /// Names of the numeric columns, in the order of their columns.
    pub numeric: Vec<String>,
    /// Consequence terms by number.
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    pub terms: Vec<String>,
    /// Contigs by number, in order of appearance.
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    pub contigs: Vec<String>,
    /// Complete FILTER values by number.
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    pub filters: Vec<String>,
    /// Genes by number, in order of appearance.
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    pub genes: Vec<String>,
    /// The blocks.
    pub blocks: Vec<BlockEntry>,
    /// The category columns that are read from fields. They follow in the file (see
    /// [`StoredCategory`]).
    #[serde(skip)]
    pub categories: Vec<CategoryDictionary>,
    /// The chunks with the rows of the table, which follow in the file; `None` before version 4.
    #[serde(skip)]
    pub chunks: Option<Chunks>,
    /// The columns that the header of the result declares, which follow in the file; `None` before version 5.
    #[serde(skip)]
    pub declared: Option<DeclaredColumns>,
}

/// The columns of sources.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct DeclaredColumns {
    /// The columns.
    #[serde(deserialize_with = "list::<_, _, MAX_SOURCE_COLUMNS>")]
    pub sources: Vec<SourceColumn>,
    /// The number of declared columns that the index does not have.
    pub left_out: u64,
    /// How many columns the rows of chunks have.
    pub of_rows: RowCounts,
}

/// The values of a category column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CategoryDictionary {
    /// The name of the column.
    pub name: String,
    /// Complete values by number: of records with several values, separated by `;`. Empty for records
    /// without a value.
    #[serde(deserialize_with = "list::<_, _, FOOTER_TEXTS>")]
    pub values: Vec<String>,
}

/// A category column after the other parts of a footer, from version 3 on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredCategory {
    dictionary: CategoryDictionary,
    /// By block: [`Stats::categories`].
    counts: Vec<Vec<(u16, u32)>>,
}

impl Footer {
    /// How many columns of the registry the index has.
    pub const fn column_counts(&self) -> ColumnCounts {
        let samples = match &self.chunks {
            Some(chunks) => chunks.samples.len(),
            None => 0,
        };
        let of_rows = match &self.declared {
            Some(declared) => Some(declared.of_rows),
            None => None,
        };
        ColumnCounts {
            numeric: self.numeric.len(),
            categories: self.categories.len(),
            samples,
            of_rows,
        }
    }

    /// The columns of the result.
    pub fn columns(&self) -> ColumnSet {
        match &self.declared {
            Some(declared) => {
                ColumnSet::of(declared.sources.iter().cloned()).with_left_out(declared.left_out)
            }
            None => ColumnSet::with_mixed_frequency(),
        }
    }

    /// Genotypes by number.
    pub fn genotypes(&self) -> &[String] {
        self.chunks.as_ref().map_or(&[], |chunks| &chunks.genotypes)
    }

    /// The names of the samples that the index has.
    pub fn samples(&self) -> &[String] {
        self.chunks.as_ref().map_or(&[], |chunks| &chunks.samples)
    }

    /// The category columns as they are stored.
    pub(super) fn stored_categories(&self) -> Vec<StoredCategory> {
        let counts = |n: usize| {
            let blocks = self.blocks.iter();
            blocks.map(|block| block.stats.categories[n].clone()).collect()
        };
        let numbered = self.categories.iter().enumerate();
        numbered
            .map(|(n, known)| StoredCategory { dictionary: known.clone(), counts: counts(n) })
            .collect()
    }

    /// Adds the category columns to the other parts of the footer. Blocks get no counts of a column that
    /// has counts of another number of blocks, which [`check`](crate::explorer::check) finds.
    pub(super) fn add_categories(&mut self, stored: Vec<StoredCategory>) {
        for StoredCategory { dictionary, counts } in stored {
            self.categories.push(dictionary);
            if counts.len() == self.blocks.len() {
                let blocks = self.blocks.iter_mut().zip(counts);
                blocks.for_each(|(block, counts)| block.stats.categories.push(counts));
            }
        }
    }

    /// Approximate bytes in memory.
    pub fn weight(&self) -> u64 {
        let texts = [&self.numeric, &self.terms, &self.contigs, &self.filters, &self.genes];
        let values = self.categories.iter().flat_map(|category| &category.values);
        let texts = texts.into_iter().flatten().chain(values).map(|text| text_weight(text));
        let blocks = self.blocks.iter().map(BlockEntry::weight);
        let offsets = self.header_offsets.len() * size_of::<BlockOffset>();
        let chunks = self.chunks.as_ref().map_or(0, Chunks::weight);
        let declared = self.declared.iter().flat_map(|declared| &declared.sources);
        let declared =
            declared.flat_map(|column| [&column.name, &column.source, &column.description]);
        // Columns and labels are made of them.
        let declared: u64 = declared.map(|text| 4 * text_weight(text)).sum();
        texts.chain(blocks).sum::<u64>() + offsets as u64 + chunks + declared
    }
}

/// Approximate bytes of a text in memory, with its allocation.
pub(crate) const fn text_weight(text: &str) -> u64 {
    (size_of::<String>() + 16 + text.len()) as u64
}

/// Where a BGZF block starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlockOffset {
    /// Offset in the compressed file.
    pub packed: u64,
    /// Offset in the uncompressed text.
    pub text: u64,
}

/// A block's entry in the footer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlockEntry {
    /// Records.
    pub rows: u32,
    /// Offset of the first segment in the index.
    pub offset: u64,
    /// Offset of the first record in the uncompressed result.
    pub text_start: u64,
    /// Segments, in the order of [`ColumnKind::all`](super::ColumnKind::all).
    pub segments: Vec<Segment>,
    /// Statistics of the columns.
    pub stats: Stats,
}

impl BlockEntry {
    fn weight(&self) -> u64 {
        let stats = &self.stats;
        let lists = size_of_val(&*self.segments)
            + size_of_val(&*stats.contigs)
            + size_of_val(&*stats.consequences)
            + size_of_val(&*stats.impacts)
            + size_of_val(&*stats.classes)
            + size_of_val(&*stats.filters)
            + stats.categories.iter().map(|counts| 24 + size_of_val(&**counts)).sum::<usize>()
            + size_of_val(&*stats.numbers);
        (size_of::<Self>() + lists) as u64
    }
}

/// Statistics of a block's columns, with which many blocks are skipped or counted unread.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stats {
    /// By contig.
    pub contigs: Vec<ContigStats>,
    /// Records by most severe consequence.
    pub consequences: Vec<(u8, u32)>,
    /// Records by impact.
    pub impacts: Vec<(u8, u32)>,
    /// Records by allele class.
    pub classes: Vec<(u16, u32)>,
    /// Records by FILTER.
    pub filters: Vec<(u16, u32)>,
    /// Records with a dbSNP identifier.
    pub with_rs_id: u32,
    /// Union of the terms of all records.
    pub terms: u64,
    /// Least and greatest number of a gene.
    pub genes: Option<(u32, u32)>,
    /// By numeric column, as in [`Footer::numeric`].
    pub numbers: Vec<NumberStats>,
    /// Length changes.
    pub length: LengthStats,
    /// Records by number of their value, by category column, as in [`Footer::categories`].
    #[serde(skip)]
    pub categories: Vec<Vec<(u16, u32)>>,
}

/// The records of a contig in a block.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct ContigStats {
    pub contig: u32,
    pub rows: u32,
    /// Least POS.
    pub start: u32,
    /// Greatest last position.
    pub end: u32,
}

/// Range of the values of a numeric column.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct NumberStats {
    /// Records without a value.
    pub missing: u32,
    pub min: f32,
    pub max: f32,
}

impl Default for NumberStats {
    fn default() -> Self {
        Self { missing: 0, min: f32::INFINITY, max: f32::NEG_INFINITY }
    }
}

/// Range of the length changes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct LengthStats {
    pub min: i32,
    pub max: i32,
}

impl Default for LengthStats {
    fn default() -> Self {
        Self { min: i32::MAX, max: i32::MIN }
    }
}
