//! A decoded chunk of the index, and which columns its rows have.

use crate::Error;
use crate::columns::Sources;
use crate::format::{Column, ColumnCounts, Footer, RowChunk};
use gas_shared::explorer::{CategoryColumn, NumericColumn, TextColumn};
use std::sync::Arc;

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

/// The columns that the rows of an index have, by position in the index.
#[derive(Debug, Default)]
pub(crate) struct RowColumns {
    pub counts: ColumnCounts,
    /// Those with values in streams of their own.
    pub numbers: Vec<(u8, Arc<NumericColumn>)>,
    /// Those of sources, with values in the rows of chunks.
    pub source_numbers: Vec<Arc<NumericColumn>>,
    pub categories: Vec<(usize, Arc<CategoryColumn>)>,
    /// Text columns with texts in the rows of chunks.
    pub texts: Vec<Arc<TextColumn>>,
    /// Text columns whose values are in the dictionary of a category column.
    pub category_texts: Vec<(usize, Arc<TextColumn>)>,
}

impl RowColumns {
    /// The columns of an index.
    pub fn of(sources: &Sources, footer: &Footer) -> Self {
        let counts = footer.column_counts();
        let mut columns = Self { counts, ..Self::default() };
        for source in &sources.numeric {
            match footer.number_of(&source.column.name) {
                Some(n) if usize::from(n) < counts.numeric_of_streams() => {
                    columns.numbers.push((n, source.column.clone()));
                }
                Some(_) => columns.source_numbers.push(source.column.clone()),
                None => {}
            }
        }
        let dictionary = |name: &str| footer.categories.iter().position(|known| known.name == name);
        for (column, _) in sources.own_categories() {
            columns.categories.extend(dictionary(&column.name).map(|n| (n, column.clone())));
        }
        for column in &sources.texts {
            match dictionary(&column.name) {
                Some(n) => columns.category_texts.push((n, column.clone())),
                None => columns.texts.push(column.clone()),
            }
        }
        columns
    }
}
