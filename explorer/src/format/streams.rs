//! The streams of the chunks of a block, by number: identifiers, rows, numeric columns, and the calls of
//! samples.

use serde::{Deserialize, Serialize};

/// How many columns an index has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnCounts {
    /// Those of sources come last.
    pub numeric: usize,
    /// Category columns that are read from fields.
    pub categories: usize,
    /// Samples whose calls are in chunks.
    pub samples: usize,
    /// What the rows of chunks have from version 5 on, beside exons and MANE; `None` in version 4.
    pub of_rows: Option<RowCounts>,
}

/// How many columns of sources the rows of chunks have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowCounts {
    /// The last of the numeric columns. Their streams are for filters and sort orders only.
    pub numbers: usize,
    /// Text columns, then for each category column the values that its dictionary does not have.
    pub texts: usize,
}

impl ColumnCounts {
    /// The numeric columns whose values rows have from their streams.
    pub fn numeric_of_streams(self) -> usize {
        self.numeric.saturating_sub(self.of_rows.map_or(0, |rows| rows.numbers))
    }
}

/// The stream of identifiers, one line per record.
pub(crate) const IDS: usize = 0;

/// The stream of the other values that a row shows ([`RowChunk`](super::RowChunk)).
pub(crate) const ROWS: usize = 1;

/// The streams before those of the numeric columns.
const FIXED_STREAMS: usize = 2;

/// The stream of a numeric column: the values that the table shows, as the column
/// [`ColumnKind::Number`](super::ColumnKind::Number) of a block.
pub(crate) const fn number_stream(column: u8) -> usize {
    FIXED_STREAMS + column as usize
}

/// Samples whose genotypes are in one stream.
pub(crate) const GENOTYPE_GROUP: usize = 16;

/// The stream with the genotypes of a sample, and of the others of its group.
pub(crate) const fn genotype_stream(counts: ColumnCounts, sample: u8) -> usize {
    FIXED_STREAMS + counts.numeric + sample as usize / GENOTYPE_GROUP
}

/// The stream with the numbers of the calls of a sample.
pub(crate) const fn call_stream(counts: ColumnCounts, sample: u8) -> usize {
    FIXED_STREAMS + counts.numeric + counts.samples.div_ceil(GENOTYPE_GROUP) + sample as usize
}

/// The number of streams of an index.
pub(crate) const fn streams(counts: ColumnCounts) -> usize {
    FIXED_STREAMS + counts.numeric + counts.samples.div_ceil(GENOTYPE_GROUP) + counts.samples
}
