//! The registry of numeric columns, such as QUAL and the allele frequency.
//!
//! A numeric column is declared here once: its name in JSON, URLs, indexes and exports, its labels
//! on pages, and its filter. Index, filters, sort orders, rows, exports and pages iterate
//! [`NUMERIC_COLUMNS`]. How the values are read from a record is declared in
//! `gas_explorer::columns`.

use super::{Range, Row};
use std::fmt;

/// The numeric columns, in the order of the table.
pub static NUMERIC_COLUMNS: [&NumericColumn; 2] = [&FREQUENCY, &QUALITY];

/// Allele frequency: that of a population in the annotation or in INFO, else that of the file's own
/// samples. The labels say so, because the two are different things. The lowest one of a record with
/// several alleles, because the rare allele is the one of interest.
pub static FREQUENCY: NumericColumn = NumericColumn {
    name: "frequency",
    label: "AF",
    long_label: "Allele frequency (population, else this file)",
    row_value: RowValue::Number,
    filter: NumericFilter {
        label: "AF at most (population, else this file)",
        example: "0.01",
        bound: Bound::Max,
        limit: 1.0,
        // An allele without a frequency has not been observed, so it is rare.
        or_missing: true,
    },
};

/// QUAL, phred-scaled.
pub static QUALITY: NumericColumn = NumericColumn {
    name: "quality",
    label: "QUAL",
    long_label: "QUAL",
    row_value: RowValue::Qual,
    filter: NumericFilter {
        label: "QUAL at least",
        example: "30",
        bound: Bound::Min,
        limit: f32::MAX,
        or_missing: false,
    },
};

/// A numeric column. Columns are compared by name.
pub struct NumericColumn {
    /// The key in JSON, URLs, indexes and the header of exports. Stable, because saved links and
    /// indexes contain it.
    pub name: &'static str,
    /// Heading of the table.
    pub label: &'static str,
    /// Label in the details of a variant.
    pub long_label: &'static str,
    /// Where a row has the value.
    pub row_value: RowValue,
    /// The filter of the column.
    pub filter: NumericFilter,
}

/// Where a [`Row`] has the value of a numeric column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowValue {
    /// In [`Row::qual`], spelled as in the file.
    Qual,
    /// In [`Row::numbers`].
    Number,
}

/// The filter that pages offer for a numeric column: one bound.
#[derive(Debug)]
pub struct NumericFilter {
    /// Label of the input field.
    pub label: &'static str,
    /// An example of a bound.
    pub example: &'static str,
    /// Which bound the field sets.
    pub bound: Bound,
    /// The greatest bound that can be entered; the least is 0.
    pub limit: f32,
    /// Whether records without a value match.
    pub or_missing: bool,
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The least value that matches.
    Min,
    /// The greatest value that matches.
    Max,
}

impl NumericColumn {
    /// The registered column of a name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        NUMERIC_COLUMNS.into_iter().find(|column| column.name == name)
    }

    /// The value of a row: the file's own text, or the number in full precision; empty if the
    /// record has no value.
    pub fn text(&self, row: &Row) -> String {
        match self.row_value {
            RowValue::Qual => row.qual.clone(),
            RowValue::Number => {
                row.numbers.get(self).map(|value| value.to_string()).unwrap_or_default()
            }
        }
    }
}

impl NumericFilter {
    /// The range with a bound of this filter.
    pub fn range(&self, bound: f32) -> Range {
        let range = Range { or_missing: self.or_missing, ..Range::default() };
        match self.bound {
            Bound::Min => Range { min: Some(bound), ..range },
            Bound::Max => Range { max: Some(bound), ..range },
        }
    }

    /// The bound of a range that this filter sets.
    pub fn bound_of(&self, range: &Range) -> Option<f32> {
        match self.bound {
            Bound::Min => range.min,
            Bound::Max => range.max,
        }
    }
}

impl PartialEq for NumericColumn {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for NumericColumn {}

impl fmt::Debug for NumericColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
