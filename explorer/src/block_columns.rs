//! Decompressed columns of one block.

use crate::Error;
use crate::format::{BlockOffset, Column, ColumnKind, Sets};
use std::sync::Arc;

/// Some columns of a block.
pub(crate) struct BlockColumns {
    /// The number of records.
    pub rows: usize,
    columns: Vec<(ColumnKind, Arc<Column>)>,
}

/// Evaluating a column that was not loaded is a defect of this crate; it is reported instead of
/// causing a panic.
const NOT_LOADED: Error = Error::Damaged("a column is missing");

macro_rules! column_of {
    ($($(#[$doc:meta])* $name:ident $variant:ident $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self, kind: ColumnKind) -> Result<&$type, Error> {
            match self.get(kind) {
                Some(Column::$variant(values)) => Ok(values),
                _ => Err(NOT_LOADED),
            }
        }
    )*};
}

impl BlockColumns {
    /// No columns of a block with `rows` records.
    pub const fn new(rows: usize) -> Self {
        Self { rows, columns: Vec::new() }
    }

    /// Adds a column.
    pub fn insert(&mut self, kind: ColumnKind, column: Arc<Column>) {
        self.columns.push((kind, column));
    }

    fn get(&self, kind: ColumnKind) -> Option<&Column> {
        self.columns.iter().find(|(known, _)| *known == kind).map(|(_, column)| &**column)
    }

    column_of! {
        /// A column of 8-bit numbers.
        u8s U8 [u8];
        /// A column of 16-bit numbers.
        u16s U16 [u16];
        /// A column of 32-bit numbers.
        u32s U32 [u32];
        /// Further values of rows.
        more More [(u16, u32)];
        /// Offsets of BGZF blocks.
        block_offsets BlockOffsets [BlockOffset];
    }

    /// The genes.
    pub fn genes(&self) -> Result<&Sets<Vec<u32>>, Error> {
        match self.get(ColumnKind::Genes) {
            Some(Column::Genes(sets)) => Ok(sets),
            _ => Err(NOT_LOADED),
        }
    }

    /// The consequence terms.
    pub fn terms(&self) -> Result<&Sets<u64>, Error> {
        match self.get(ColumnKind::Terms) {
            Some(Column::Terms(sets)) => Ok(sets),
            _ => Err(NOT_LOADED),
        }
    }

    /// The identifiers.
    pub fn ids(&self) -> Result<&[u8], Error> {
        match self.get(ColumnKind::Ids) {
            Some(Column::Text(text)) => Ok(text),
            _ => Err(NOT_LOADED),
        }
    }
}
