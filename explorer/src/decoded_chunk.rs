//! A decoded chunk of the index, and which columns of the registry its rows have.

use crate::Error;
use crate::columns::Sources;
use crate::format::{Column, ColumnCounts, Footer, RowChunk};
use gas_shared::explorer::{CategoryColumn, NumericColumn};

/// The chunk has no such record, or the record no such value.
pub(crate) const NO_ROW: Error = Error::Damaged("a row is missing in its chunk");

/// A decoded chunk.
#[derive(Clone, Debug)]
pub(crate) struct DecodedChunk {
    /// Identifiers, one line per record.
    pub ids: Vec<u8>,
    pub rows: RowChunk,
    /// Of the numeric columns that rows have: the values.
    pub numbers: Vec<Column>,
}

impl DecodedChunk {
    /// Approximate bytes in memory.
    pub fn weight(&self) -> u64 {
        let numbers: u64 = self.numbers.iter().map(Column::weight).sum();
        self.ids.len() as u64 + self.rows.weight() + numbers
    }

    /// The value of a numeric column, by its position among those of the rows.
    pub fn number(&self, column: usize, row: usize) -> Option<f32> {
        let Column::U32(values) = self.numbers.get(column)? else { return None };
        values.get(row).map(|bits| f32::from_bits(*bits)).filter(|value| !value.is_nan())
    }
}

/// Columns of the registry that the rows of an index have, by position in the index.
#[derive(Debug, Default)]
pub(crate) struct RowColumns {
    pub counts: ColumnCounts,
    pub numbers: Vec<(u8, &'static NumericColumn)>,
    pub categories: Vec<(usize, &'static CategoryColumn)>,
}

impl RowColumns {
    /// The registered columns of an index.
    pub fn of(sources: &Sources, footer: &Footer) -> Self {
        let numbers = sources
            .numeric
            .iter()
            .filter_map(|source| Some((footer.number_of(source.column)?, source.column)));
        let categories = sources.own_categories().filter_map(|source| {
            let mut stored = footer.categories.iter();
            Some((stored.position(|known| known.name == source.column.name)?, source.column))
        });
        Self {
            counts: footer.column_counts(),
            numbers: numbers.collect(),
            categories: categories.collect(),
        }
    }
}
