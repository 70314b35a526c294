//! Text columns: values that rows, details and exports show, and that are neither filtered nor counted.

use super::ColumnName;
use super::column_label::{label_of_source, long_label_of_source};
use crate::source::SourceColumn;

/// A text column, which is always from a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextColumn {
    /// The key in JSON, and in the header of exports. Stable.
    pub name: ColumnName,
    /// Heading of the table. It names the source.
    pub label: String,
    /// Label in the details of a variant.
    pub long_label: String,
    /// The declaration in the header of the result.
    pub source: SourceColumn,
}

impl TextColumn {
    /// The column of a source with a name that is unique in its result.
    pub fn of_source(name: ColumnName, source: SourceColumn) -> Self {
        Self {
            name,
            label: label_of_source(&source),
            long_label: long_label_of_source(&source),
            source,
        }
    }
}
