//! The columns of a result: those that every result has, and those that its header declares.

use super::{
    CATEGORY_COLUMNS, CLINVAR, CategoryColumn, ColumnName, FILE_FREQUENCY, MIXED_FREQUENCY,
    NumericColumn, POPULATION_FREQUENCY, QUALITY, TextColumn,
};
use crate::source::{SourceColumn, SourceColumnKind, is_column_name};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// The most columns of sources that a result has. Those after them are in the details of a record only.
pub const MAX_SOURCE_COLUMNS: usize = 120;

/// Names that columns of sources cannot have, because filters, rows, sort orders or exports have them. Such a column gets
/// a name with `source.`.
const RESERVED: [&str; 47] = [
    "alt",
    "canonical",
    "chrom",
    "chromosomes",
    "clinvar",
    "columns",
    "consequence",
    "consequences",
    "cut",
    "exon",
    "file_frequency",
    "filter",
    "filters",
    "frequency",
    "gene",
    "genes",
    "hgvs_c",
    "hgvs_p",
    "id",
    "ids",
    "impact",
    "impacts",
    "inheritance",
    "intron",
    "known",
    "known_ids",
    "length",
    "mane",
    "number",
    "pos",
    "position",
    "qual",
    "quality",
    "ref",
    "reference",
    "regions",
    "rs_id",
    "samples",
    "scope",
    "substitution",
    "text",
    "transcript",
    "transcripts",
    "type",
    "types",
    "value",
    "values",
];

/// Fields with the frequency in a population, preferred ones first. The greatest frequency in any population is
/// preferred, because a variant is rare only if it is rare in all; then genomes and exomes together.
const POPULATION_FIELDS: [&str; 10] = [
    "MAX_AF",
    "gnomADj_AF",
    "gnomADg_AF",
    "gnomADe_AF",
    "gnomAD_AF",
    "AF_gnomad",
    "AF",
    "1000G_AF",
    "1KG_AF",
    "GMAF",
];

/// The columns of a result. Clones share them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Declared", into = "Declared")]
pub struct ColumnSet(Arc<Columns>);

#[derive(Debug)]
struct Columns {
    declared: Declared,
    numeric: Vec<Arc<NumericColumn>>,
    categories: Vec<Arc<CategoryColumn>>,
    texts: Vec<Arc<TextColumn>>,
}

/// What the columns are made of; their form in JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Declared {
    /// The columns that the header declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SourceColumn>,
    /// The number of declared columns beyond [`MAX_SOURCE_COLUMNS`].
    #[serde(default, skip_serializing_if = "is_zero")]
    left_out: u64,
    /// Whether the index is of a version that did not tell frequencies in populations from those in the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    mixed_frequency: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl ColumnSet {
    /// The columns of a result whose header declares some. Of columns with one name, the first counts.
    pub fn of(declared: impl IntoIterator<Item = SourceColumn>) -> Self {
        let mut names = HashSet::new();
        let mut sources: Vec<SourceColumn> = Vec::new();
        let mut left_out = 0;
        for column in declared {
            if sources.len() == MAX_SOURCE_COLUMNS {
                left_out += 1;
            } else if names.insert(name_of_source(&column.name)) {
                sources.push(column);
            }
        }
        Declared { sources, left_out, mixed_frequency: false }.into()
    }

    /// The columns of a result whose index does not tell frequencies in populations from those in the file.
    pub fn with_mixed_frequency() -> Self {
        Declared { mixed_frequency: true, ..Declared::default() }.into()
    }

    /// The columns of sources, as the header declares them.
    pub fn sources(&self) -> &[SourceColumn] {
        &self.0.declared.sources
    }

    /// The number of declared columns that the result does not have, because there are too many.
    pub fn left_out(&self) -> u64 {
        self.0.declared.left_out
    }

    /// The set with a number of columns that are left out.
    pub fn with_left_out(&self, left_out: u64) -> Self {
        Declared { left_out, ..self.0.declared.clone() }.into()
    }

    /// The numeric columns, in the order of the table.
    pub fn numeric(&self) -> &[Arc<NumericColumn>] {
        &self.0.numeric
    }

    /// The category columns, in the order of the filters.
    pub fn categories(&self) -> &[Arc<CategoryColumn>] {
        &self.0.categories
    }

    /// The text columns.
    pub fn texts(&self) -> &[Arc<TextColumn>] {
        &self.0.texts
    }

    /// The category columns whose values are in [`Row::categories`](super::Row::categories).
    pub fn own_categories(&self) -> impl Iterator<Item = &Arc<CategoryColumn>> {
        self.categories().iter().filter(|column| column.is_own())
    }

    /// The names of all columns.
    pub fn names(&self) -> impl Iterator<Item = &ColumnName> {
        let numbers = self.numeric().iter().map(|column| &column.name);
        let categories = self.categories().iter().map(|column| &column.name);
        numbers.chain(categories).chain(self.texts().iter().map(|column| &column.name))
    }

    /// The numeric column with a name; [`POPULATION_FREQUENCY`] names the one with the frequency in a population.
    pub fn number(&self, name: &str) -> Option<&Arc<NumericColumn>> {
        let named = self.numeric().iter().find(|column| column.name == name);
        named.or_else(|| self.population_frequency().filter(|_| name == POPULATION_FREQUENCY))
    }

    /// The category column with a name, which can be the name that rows have.
    pub fn category(&self, name: &str) -> Option<&Arc<CategoryColumn>> {
        self.categories().iter().find(|column| column.name == name || column.row_name == name)
    }

    /// The column with the frequency in a population, by which variants are rare or common: the greatest one of all
    /// populations if the result has it.
    pub fn population_frequency(&self) -> Option<&Arc<NumericColumn>> {
        let of_source = |field: &&str| {
            let is_field = |source: &SourceColumn| source.name == *field;
            self.numeric().iter().find(|column| column.source.as_ref().is_some_and(is_field))
        };
        let mixed = || {
            self.numeric()
                .iter()
                .find(|column| column.name == MIXED_FREQUENCY.name && column.source.is_none())
        };
        let other = || {
            let mut of_sources = self.numeric().iter().filter(|column| column.source.is_some());
            of_sources.find(|column| column.is_frequency())
        };
        POPULATION_FIELDS.iter().find_map(of_source).or_else(mixed).or_else(other)
    }
}

impl Default for ColumnSet {
    /// The columns that every result has.
    fn default() -> Self {
        Declared::default().into()
    }
}

impl PartialEq for ColumnSet {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.declared == other.0.declared
    }
}

impl From<Declared> for ColumnSet {
    fn from(declared: Declared) -> Self {
        let frequency = if declared.mixed_frequency { &MIXED_FREQUENCY } else { &FILE_FREQUENCY };
        let mut numeric = vec![Arc::new(frequency.clone()), Arc::new(QUALITY.clone())];
        let mut categories: Vec<Arc<CategoryColumn>> =
            CATEGORY_COLUMNS.into_iter().cloned().map(Arc::new).collect();
        let mut texts = Vec::new();
        for source in declared.sources.iter().cloned() {
            let name = name_of_source(&source.name);
            match source.kind {
                SourceColumnKind::Integer | SourceColumnKind::Float => {
                    numeric.push(Arc::new(NumericColumn::of_source(name, source)));
                }
                SourceColumnKind::Category if is_clinical_significance(&source.name) => {
                    let mut columns = categories.iter_mut();
                    if let Some(clinvar) = columns.find(|column| column.name == CLINVAR.name) {
                        *clinvar = Arc::new(CLINVAR.with_source(source));
                    }
                }
                SourceColumnKind::Category | SourceColumnKind::Flag => {
                    categories.push(Arc::new(CategoryColumn::of_source(name, source)));
                }
                SourceColumnKind::Text => texts.push(Arc::new(TextColumn::of_source(name, source))),
            }
        }
        Self(Arc::new(Columns { declared, numeric, categories, texts }))
    }
}

impl From<ColumnSet> for Declared {
    fn from(set: ColumnSet) -> Self {
        set.0.declared.clone()
    }
}

/// Whether a field has the values of [`CLINVAR`].
pub fn is_clinical_significance(field: &str) -> bool {
    matches!(field, "CLIN_SIG" | "CLNSIG")
}

/// The name of the column of a field, which URLs and JSON can have.
fn name_of_source(field: &str) -> ColumnName {
    let is_taken = RESERVED.contains(&field) || !is_column_name(field);
    Cow::Owned(if is_taken { format!("source.{field}") } else { field.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explorer::{
        Bound, Filter, Inheritance, InheritanceMode, Row, SampleCall, Sex, SortKey,
    };

    fn source(name: &str, kind: SourceColumnKind) -> SourceColumn {
        SourceColumn {
            name: name.to_owned(),
            source: "S 1".to_owned(),
            kind,
            description: String::new(),
        }
    }

    fn names(set: &ColumnSet) -> [Vec<&str>; 3] {
        [
            set.numeric().iter().map(|column| &*column.name).collect(),
            set.categories().iter().skip(CATEGORY_COLUMNS.len()).map(|c| &*c.name).collect(),
            set.texts().iter().map(|column| &*column.name).collect(),
        ]
    }

    #[test]
    fn each_declared_column_is_of_the_kind_of_its_type() {
        use SourceColumnKind::{Category, Flag, Float, Integer, Text};
        let declared = [
            source("gnomADe_AF", Float),
            source("gnomADe_AC", Integer),
            source("am_class", Category),
            source("in_low_complexity", Flag),
            source("note", Text),
            source("gnomADe_AF", Text),
            source("CLIN_SIG", Category),
        ];
        let set = ColumnSet::of(declared);
        assert_eq!(
            names(&set),
            [
                vec!["file_frequency", "quality", "gnomADe_AF", "gnomADe_AC"],
                vec!["am_class", "in_low_complexity"],
                vec!["note"],
            ]
        );
        assert_eq!(set.category("clinvar").unwrap().label, "ClinVar (S 1)");
        assert!(set.category("in_low_complexity").unwrap().is_listed());
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(serde_json::from_str::<ColumnSet>(&json).unwrap(), set);
        assert_eq!(serde_json::from_str::<ColumnSet>("{}").unwrap(), ColumnSet::default());
    }

    #[test]
    fn the_greatest_frequency_in_any_population_decides_what_is_rare() {
        let name = |fields: &[&str]| {
            let set = ColumnSet::of(fields.iter().map(|f| source(f, SourceColumnKind::Float)));
            let column = set.population_frequency().cloned();
            assert_eq!(set.number(POPULATION_FREQUENCY), column.as_ref());
            column.map(|column| column.name.to_string())
        };
        assert_eq!(name(&["gnomADe_AF", "MAX_AF", "gnomADg_AF"]).unwrap(), "MAX_AF");
        assert_eq!(name(&["gnomADe_AF", "gnomADg_AF"]).unwrap(), "gnomADg_AF");
        assert_eq!(name(&["score", "own_AF"]).unwrap(), "own_AF");
        assert_eq!(name(&["score"]), None);
        let of_version_4 = ColumnSet::with_mixed_frequency();
        assert_eq!(of_version_4.population_frequency().unwrap().name, "frequency");
        let af = NumericColumn::of_source("AF".into(), source("AF", SourceColumnKind::Float));
        assert_eq!((af.filter.bound, af.filter.or_missing), (Bound::Max, true));
    }

    #[test]
    fn declared_columns_are_bounded_and_take_no_name_of_another_meaning() {
        let many = (0..200).map(|n| source(&format!("c{n}"), SourceColumnKind::Integer));
        let set = ColumnSet::of(many);
        assert_eq!((set.sources().len(), set.left_out()), (MAX_SOURCE_COLUMNS, 80));
        let odd = ColumnSet::of(
            ["gene", "quality", "clinvar", "1000G_AF"].map(|n| source(n, SourceColumnKind::Float)),
        );
        let [numeric, ..] = names(&odd);
        assert_eq!(
            numeric[2..],
            ["source.gene", "source.quality", "source.clinvar", "source.1000G_AF"]
        );
    }

    #[test]
    fn every_key_of_rows_filters_and_sort_orders_is_reserved() {
        let sorts = [SortKey::Position, SortKey::Gene, SortKey::Impact];
        let row = Row { samples: vec![SampleCall::default()], cut: Some(1), ..Row::default() };
        let inheritance = Inheritance {
            mode: InheritanceMode::DeNovo,
            child: "c".to_owned(),
            father: None,
            mother: None,
            sex: Sex::Male,
        };
        let text = r#"{"regions":["X:5"],"genes":["A"],"scope":"any_transcript","ids":["a"],"text":"a","substitution":"transition","length":{"max":1},"samples":[{"sample":"S"}]}"#;
        let filter =
            Filter { inheritance: Some(inheritance), ..serde_json::from_str(text).unwrap() };
        let keys = [serde_json::to_value(row).unwrap(), serde_json::to_value(filter).unwrap()];
        let keys = keys.iter().flat_map(|value| value.as_object().unwrap().keys());
        let keys: Vec<&str> = keys.map(String::as_str).collect();
        let columns = CATEGORY_COLUMNS.iter().flat_map(|column| [&*column.name, &*column.row_name]);
        let others = [&*FILE_FREQUENCY.name, &*MIXED_FREQUENCY.name, &*QUALITY.name, "known"];
        let sorts = sorts.iter().map(SortKey::name);
        for key in keys.into_iter().chain(columns).chain(others).chain(sorts) {
            assert!(RESERVED.contains(&key), "{key}");
        }
    }
}
