//! Category columns, such as the impact and FILTER.
//!
//! A category column has few values, of which a record has any number. Those that every result has are declared here
//! once: names, labels and values on pages, and filter. Those of sources are made from their declaration in the header
//! ([`CategoryColumn::of_source`]). A result has the columns of its [`ColumnSet`](super::ColumnSet), which index,
//! filters, facets, sort orders, rows, exports and pages iterate. How the values are read from a record is declared in
//! `gas_explorer::columns`.

use super::column_label::{label_of_source, long_label_of_source};
use super::{ColumnName, Row, SortKey};
use crate::source::{SourceColumn, SourceColumnKind};
use std::borrow::Cow;
use std::fmt;

/// The value of records without a value, in filters and facets.
pub const NO_VALUE: &str = "none";

/// The value of what is not in a list of values, or beyond a limit.
pub const OTHER_VALUE: &str = "other";

/// The category columns of every result, in the order of the filters.
pub static CATEGORY_COLUMNS: [&CategoryColumn; 7] =
    [&IMPACT, &CLINVAR, &VARIANT_TYPE, &CONSEQUENCE, &RS_ID, &FILTER, &CHROMOSOME];

/// Highest impact of the record.
pub static IMPACT: CategoryColumn = CategoryColumn {
    name: Cow::Borrowed("impacts"),
    row_name: Cow::Borrowed("impact"),
    label: Cow::Borrowed("Impact"),
    legend: Cow::Borrowed("Impact"),
    values: CategoryValues::Listed(&[
        CategoryValue { name: "high", label: "HIGH", tone: Some(Tone::Bad) },
        CategoryValue { name: "moderate", label: "MODERATE", tone: Some(Tone::Warn) },
        CategoryValue { name: "low", label: "LOW", tone: Some(Tone::Good) },
        CategoryValue { name: "modifier", label: "MODIFIER", tone: Some(Tone::Quiet) },
    ]),
    row_value: CategoryRowValue::Field {
        values: |row| {
            let name = |impact| IMPACT.listed()[impact as usize].name.to_owned();
            row.impact.map(name).into_iter().collect()
        },
        sort: Some(SortKey::Impact),
        in_table: true,
    },
    filter: CategoryFilter::Choices { always_shown: true },
    source: None,
};

/// Clinical significance of ClinVar, as the result states it: CSQ `CLIN_SIG` or INFO `CLNSIG`.
pub static CLINVAR: CategoryColumn = CategoryColumn {
    name: Cow::Borrowed("clinvar"),
    row_name: Cow::Borrowed("clinvar"),
    label: Cow::Borrowed("ClinVar"),
    legend: Cow::Borrowed("ClinVar significance"),
    values: CategoryValues::Listed(&[
        CategoryValue { name: "pathogenic", label: "Pathogenic", tone: Some(Tone::Bad) },
        CategoryValue {
            name: "likely_pathogenic",
            label: "Likely pathogenic",
            tone: Some(Tone::Bad),
        },
        CategoryValue {
            name: "conflicting_classifications_of_pathogenicity",
            label: "Conflicting classifications",
            tone: Some(Tone::Warn),
        },
        CategoryValue {
            name: "conflicting_interpretations_of_pathogenicity",
            label: "Conflicting interpretations",
            tone: Some(Tone::Warn),
        },
        CategoryValue {
            name: "uncertain_significance",
            label: "Uncertain significance",
            tone: Some(Tone::Warn),
        },
        CategoryValue { name: "likely_benign", label: "Likely benign", tone: Some(Tone::Good) },
        CategoryValue { name: "benign", label: "Benign", tone: Some(Tone::Good) },
        CategoryValue { name: OTHER_VALUE, label: "Other", tone: Some(Tone::Quiet) },
    ]),
    row_value: CategoryRowValue::Own,
    filter: CategoryFilter::Choices { always_shown: false },
    source: None,
};

/// Types of the alleles.
pub static VARIANT_TYPE: CategoryColumn = CategoryColumn {
    name: Cow::Borrowed("types"),
    row_name: Cow::Borrowed("type"),
    label: Cow::Borrowed("Type"),
    legend: Cow::Borrowed("Type"),
    values: CategoryValues::Listed(&[
        CategoryValue { name: "snv", label: "SNV", tone: None },
        CategoryValue { name: "insertion", label: "insertion", tone: None },
        CategoryValue { name: "deletion", label: "deletion", tone: None },
        CategoryValue { name: "mnv", label: "MNV", tone: None },
        CategoryValue { name: "indel", label: "indel", tone: None },
        CategoryValue { name: "structural", label: "structural", tone: None },
        CategoryValue { name: "other", label: "other", tone: None },
    ]),
    row_value: CategoryRowValue::Field {
        values: |row| row.types.iter().map(|kind| kind.as_str().to_owned()).collect(),
        sort: None,
        in_table: false,
    },
    filter: CategoryFilter::Choices { always_shown: false },
    source: None,
};

/// The most severe consequence; in filters, of the record or of any transcript
/// ([`Scope`](super::Scope)).
pub static CONSEQUENCE: CategoryColumn = CategoryColumn {
    name: Cow::Borrowed("consequences"),
    row_name: Cow::Borrowed("consequence"),
    label: Cow::Borrowed("Consequence"),
    legend: Cow::Borrowed("Most severe consequence"),
    values: CategoryValues::Any(FacetOrder::Stored, Spelling::Term),
    row_value: CategoryRowValue::Field {
        values: |row| row.consequence.iter().cloned().collect(),
        sort: None,
        in_table: true,
    },
    filter: CategoryFilter::Choices { always_shown: false },
    source: None,
};

/// Whether the record has a dbSNP identifier (`rs…`) in ID or in the annotation.
pub static RS_ID: CategoryColumn = CategoryColumn {
    name: Cow::Borrowed("rs_id"),
    row_name: Cow::Borrowed("rs_id"),
    label: Cow::Borrowed("rsID"),
    legend: Cow::Borrowed("rsID"),
    values: CategoryValues::Listed(&[
        CategoryValue { name: "yes", label: "Has an rsID", tone: None },
        CategoryValue { name: "no", label: "No rsID", tone: None },
    ]),
    row_value: CategoryRowValue::None,
    filter: CategoryFilter::Select,
    source: None,
};

/// Names in FILTER: `PASS`, a filter's name, or `.` if no filters were applied.
pub static FILTER: CategoryColumn = CategoryColumn {
    name: Cow::Borrowed("filters"),
    row_name: Cow::Borrowed("filter"),
    label: Cow::Borrowed("FILTER"),
    legend: Cow::Borrowed("FILTER"),
    values: CategoryValues::Any(FacetOrder::MostFrequent, Spelling::Name),
    row_value: CategoryRowValue::Field {
        values: |row| vec![row.filter.clone()],
        sort: None,
        in_table: true,
    },
    filter: CategoryFilter::Only { value: "PASS", label: "FILTER is PASS" },
    source: None,
};

/// The contig. It is filtered by regions.
pub static CHROMOSOME: CategoryColumn = CategoryColumn {
    name: Cow::Borrowed("chromosomes"),
    row_name: Cow::Borrowed("chrom"),
    label: Cow::Borrowed("Chromosome"),
    legend: Cow::Borrowed("Chromosome"),
    values: CategoryValues::Any(FacetOrder::Stored, Spelling::Name),
    row_value: CategoryRowValue::None,
    filter: CategoryFilter::None,
    source: None,
};

/// A category column. Columns of a result have different names.
#[derive(Clone)]
pub struct CategoryColumn {
    /// The key in the JSON of filters and facets, in URLs and in indexes. Stable, because saved links and
    /// indexes contain it.
    pub name: ColumnName,
    /// The name in the JSON of rows, in sort orders, in the header of exports, and in the settings of the
    /// table. Stable, too. The same as `name` if [`Row::categories`] has the values.
    pub row_name: ColumnName,
    /// Heading of the table, and label in the details of a variant. It names the source.
    pub label: Cow<'static, str>,
    /// Legend of the filter.
    pub legend: Cow<'static, str>,
    /// The values.
    pub values: CategoryValues,
    /// Where a row has the values.
    pub row_value: CategoryRowValue,
    /// The filter that pages offer.
    pub filter: CategoryFilter,
    /// The declaration in the header of the result, if the values are from a source.
    pub source: Option<SourceColumn>,
}

/// The values of columns that say whether something is so.
static FLAG_VALUES: [CategoryValue; 2] = [
    CategoryValue { name: "1", label: "Yes", tone: None },
    CategoryValue { name: "0", label: "No", tone: None },
];

/// The values of a category column.
#[derive(Clone, Copy, Debug)]
pub enum CategoryValues {
    /// These, in the order of facets and sort orders. Other values of a file count as [`OTHER_VALUE`],
    /// and records without a value as [`NO_VALUE`]; facets have the two only if they are listed.
    Listed(&'static [CategoryValue]),
    /// Whatever the file has, in this order and spelling.
    Any(FacetOrder, Spelling),
}

/// A value of a category column.
#[derive(Debug)]
pub struct CategoryValue {
    /// The name in JSON, URLs, indexes and exports. Files may spell it in any case.
    pub name: &'static str,
    /// The label on pages.
    pub label: &'static str,
    /// The color of the badge, if the value is shown as one.
    pub tone: Option<Tone>,
}

/// The color of a badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// For what is probably harmful.
    Bad,
    /// For what may be harmful.
    Warn,
    /// For what is probably harmless.
    Good,
    /// For what says little.
    Quiet,
}

/// The order of values that are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FacetOrder {
    /// The order of the index, which is that of the file or of severity; [`NO_VALUE`] last.
    Stored,
    /// The most frequent value first.
    MostFrequent,
}

/// How pages spell values that are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As the file does.
    Name,
    /// As words: underscores are spaces.
    Term,
}

/// Where a [`Row`] has the values of a category column.
#[derive(Clone, Debug)]
pub enum CategoryRowValue {
    /// In [`Row::categories`]. The table has the column, and can be sorted by it.
    Own,
    /// In a field of its own.
    Field {
        /// Reads the values from the field.
        values: fn(&Row) -> Vec<String>,
        /// The sort order that belongs to the column.
        sort: Option<SortKey>,
        /// Whether the table has the column.
        in_table: bool,
    },
    /// Rows do not have it.
    None,
}

/// The filter that pages offer for a category column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryFilter {
    /// Any number of the values, with the number of records that have each.
    Choices {
        /// Whether the filter is visible without opening "More filters".
        always_shown: bool,
    },
    /// One of the values.
    Select,
    /// One value only.
    Only {
        /// The value.
        value: &'static str,
        /// Label of the checkbox.
        label: &'static str,
    },
    /// The column is counted only. Filters do not have it.
    None,
}

impl CategoryColumn {
    /// The column of a source with a name that is unique in its result.
    pub fn of_source(name: ColumnName, source: SourceColumn) -> Self {
        let label: Cow<'static, str> = label_of_source(&source).into();
        Self {
            row_name: name.clone(),
            name,
            legend: label.clone(),
            label,
            values: match source.kind {
                SourceColumnKind::Flag => CategoryValues::Listed(&FLAG_VALUES),
                _ => CategoryValues::Any(FacetOrder::MostFrequent, Spelling::Term),
            },
            row_value: CategoryRowValue::Own,
            filter: CategoryFilter::Choices { always_shown: false },
            source: Some(source),
        }
    }

    /// The column of every result that a source has the values of.
    pub(super) fn with_source(&self, source: SourceColumn) -> Self {
        let long = long_label_of_source(&source);
        Self {
            label: format!("{} ({})", self.label, source.source).into(),
            legend: long.into(),
            source: Some(source),
            ..self.clone()
        }
    }

    /// The column of every result with a name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        CATEGORY_COLUMNS.into_iter().find(|column| column.name == name)
    }

    /// The listed values; empty if the column has any values.
    pub const fn listed(&self) -> &'static [CategoryValue] {
        match self.values {
            CategoryValues::Listed(values) => values,
            CategoryValues::Any(..) => &[],
        }
    }

    /// Whether the values are listed.
    pub const fn is_listed(&self) -> bool {
        matches!(self.values, CategoryValues::Listed(_))
    }

    /// The listed value with a name.
    pub fn value(&self, name: &str) -> Option<&'static CategoryValue> {
        self.listed().iter().find(|value| value.name == name)
    }

    /// The label of a value.
    pub fn label_of(&self, name: &str) -> String {
        match (self.values, self.value(name)) {
            (_, Some(value)) => value.label.to_owned(),
            (CategoryValues::Any(_, Spelling::Term), None) => name.replace('_', " "),
            (_, None) => name.to_owned(),
        }
    }

    /// The values of a row.
    pub fn values_of(&self, row: &Row) -> Vec<String> {
        match &self.row_value {
            CategoryRowValue::Own => row.categories.values(self).to_vec(),
            CategoryRowValue::Field { values, .. } => values(row),
            CategoryRowValue::None => Vec::new(),
        }
    }

    /// Whether the table has the column.
    pub const fn is_in_table(&self) -> bool {
        matches!(
            self.row_value,
            CategoryRowValue::Own | CategoryRowValue::Field { in_table: true, .. }
        )
    }

    /// The key by which the table is sorted by the column.
    pub fn sort_key(&self) -> Option<SortKey> {
        match &self.row_value {
            CategoryRowValue::Own => Some(SortKey::Column(self.name.clone())),
            CategoryRowValue::Field { sort, .. } => sort.clone(),
            CategoryRowValue::None => None,
        }
    }

    /// Whether the values are in [`Row::categories`].
    pub const fn is_own(&self) -> bool {
        matches!(self.row_value, CategoryRowValue::Own)
    }
}

impl PartialEq for CategoryColumn {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.source == other.source
    }
}

impl Eq for CategoryColumn {}

impl fmt::Debug for CategoryColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explorer::{Impact, VariantType};

    #[test]
    fn names_of_listed_values_are_those_of_the_types() {
        for (value, impact) in IMPACT.listed().iter().zip(Impact::ALL) {
            assert_eq!(serde_json::to_value(impact).unwrap(), value.name);
            assert_eq!(impact.as_str(), value.label);
        }
        let types = VARIANT_TYPE.listed().iter().map(|value| value.name);
        assert!(types.eq(VariantType::ALL.map(VariantType::as_str)));
    }

    #[test]
    fn terms_are_words_and_names_stay_as_they_are() {
        assert_eq!(CONSEQUENCE.label_of("stop_gained"), "stop gained");
        assert_eq!(FILTER.label_of("low_qual"), "low_qual");
        assert_eq!(VARIANT_TYPE.label_of("snv"), "SNV");
    }
}
