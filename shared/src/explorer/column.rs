//! Numeric columns, such as QUAL and frequencies.
//!
//! A numeric column has numbers, of which the table shows one and filters compare all. Those that every result has are
//! declared here; those of sources are made from their declaration in the header
//! ([`NumericColumn::of_source`]). A result has the columns of its [`ColumnSet`](super::ColumnSet), which index,
//! filters, sort orders, rows, exports and pages iterate.

use super::column_label::{filter_label_of_source, label_of_source, long_label_of_source};
use super::{ColumnName, Range, Row};
use crate::source::SourceColumn;
use std::borrow::Cow;
use std::fmt;

/// Allele frequency among the samples of the file itself: INFO/AF, or AC divided by AN. That of the rarest allele of a
/// record, because the rare allele is the one of interest.
pub static FILE_FREQUENCY: NumericColumn = NumericColumn {
    name: Cow::Borrowed("file_frequency"),
    label: Cow::Borrowed("AF in this file"),
    long_label: Cow::Borrowed("Allele frequency in this file"),
    row_value: RowValue::Number,
    filter: NumericFilter {
        label: Cow::Borrowed("AF in this file at most"),
        example: "0.01",
        bound: Bound::Max,
        limit: 1.0,
        or_missing: true,
    },
    source: None,
};

/// The frequency in indexes up to version 4, which did not tell a population from the file's own samples. The label
/// says so.
pub static MIXED_FREQUENCY: NumericColumn = NumericColumn {
    name: Cow::Borrowed(POPULATION_FREQUENCY),
    label: Cow::Borrowed("AF"),
    long_label: Cow::Borrowed("Allele frequency (population, else this file)"),
    row_value: RowValue::Number,
    filter: NumericFilter {
        label: Cow::Borrowed("AF at most (population, else this file)"),
        example: "0.01",
        bound: Bound::Max,
        limit: 1.0,
        // An allele without a frequency has not been observed, so it is rare.
        or_missing: true,
    },
    source: None,
};

/// Another name of the column with the frequency in a population, in filters and sort orders: it stays the same
/// whatever source a result has.
pub const POPULATION_FREQUENCY: &str = "frequency";

/// QUAL, phred-scaled.
pub static QUALITY: NumericColumn = NumericColumn {
    name: Cow::Borrowed("quality"),
    label: Cow::Borrowed("QUAL"),
    long_label: Cow::Borrowed("QUAL"),
    row_value: RowValue::Qual,
    filter: NumericFilter {
        label: Cow::Borrowed("QUAL at least"),
        example: "30",
        bound: Bound::Min,
        limit: f32::MAX,
        or_missing: false,
    },
    source: None,
};

/// A numeric column. Columns of a result have different names.
#[derive(Clone, PartialEq)]
pub struct NumericColumn {
    /// The key in JSON, URLs, indexes and the header of exports. Stable, because saved links and
    /// indexes contain it.
    pub name: ColumnName,
    /// Heading of the table. It names the source.
    pub label: Cow<'static, str>,
    /// Label in the details of a variant.
    pub long_label: Cow<'static, str>,
    /// Where a row has the value.
    pub row_value: RowValue,
    /// The filter of the column.
    pub filter: NumericFilter,
    /// The declaration in the header of the result, if the values are from a source.
    pub source: Option<SourceColumn>,
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
#[derive(Clone, Debug, PartialEq)]
pub struct NumericFilter {
    /// Label of the input field.
    pub label: Cow<'static, str>,
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

/// The greatest integer up to which single precision has all integers.
const MAX_EXACT: f32 = 16_777_216.0;

impl NumericColumn {
    /// The column of a source with a name that is unique in its result. Frequencies are filtered by their greatest
    /// value, and other numbers by their least.
    pub fn of_source(name: ColumnName, source: SourceColumn) -> Self {
        let label = label_of_source(&source);
        let is_frequency = is_frequency(&source.name);
        // A low LOEUF means that a gene does not tolerate loss of function.
        let bound = if is_frequency || source.name == "LOEUF" { Bound::Max } else { Bound::Min };
        let words = if bound == Bound::Max { "at most" } else { "at least" };
        Self {
            name,
            long_label: long_label_of_source(&source).into(),
            row_value: RowValue::Number,
            filter: NumericFilter {
                label: filter_label_of_source(&source, words).into(),
                example: if is_frequency { "0.01" } else { "1" },
                bound,
                limit: if is_frequency { 1.0 } else { f32::MAX },
                // An allele without a frequency has not been observed, so it is rare.
                or_missing: is_frequency,
            },
            label: label.into(),
            source: Some(source),
        }
    }

    /// Whether the values are allele frequencies.
    pub fn is_frequency(&self) -> bool {
        let is_of_source = self.source.as_ref().is_some_and(|source| is_frequency(&source.name));
        is_of_source || *self == FILE_FREQUENCY || *self == MIXED_FREQUENCY
    }

    /// The value of a row: the file's own text, or the number in full precision; empty if the
    /// record has no value. Integers that single precision does not have are marked with `≈`.
    pub fn text(&self, row: &Row) -> String {
        match self.row_value {
            RowValue::Qual => row.qual.clone(),
            RowValue::Number => row.numbers.get(self).map(number_text).unwrap_or_default(),
        }
    }
}

/// A number in full precision. Integers that single precision does not have are marked with `≈`.
pub fn number_text(value: f32) -> String {
    if value.abs() > MAX_EXACT && value.fract() == 0.0 {
        format!("≈{value}")
    } else {
        value.to_string()
    }
}

/// Whether a field has allele frequencies, by its name: `AF`, `gnomADe_AF`, `AFR_AF`, `MAX_AF`, `AF_gnomad`, `GMAF`.
fn is_frequency(field: &str) -> bool {
    field.ends_with("_AF") || field.starts_with("AF_") || matches!(field, "AF" | "GMAF")
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

impl fmt::Debug for NumericColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
