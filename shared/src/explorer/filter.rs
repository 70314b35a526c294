//! The filter of the results explorer: which records to show.

use super::{
    ByCategory, ByColumn, CategoryColumn, CategoryFilter, ColumnName, Inheritance, Named, RS_ID,
    Region, SampleFilter, Substitution,
};
use crate::source::is_column_name;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most values of a list of a filter.
pub const MAX_FILTER_VALUES: usize = 1_000;

/// The most bytes of a name or a text in a filter.
pub const MAX_FILTER_TEXT_BYTES: usize = 200;

/// The most columns that a filter has criteria about.
pub const MAX_FILTER_COLUMNS: usize = 100;

/// A filter that is over a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A list is too long.
    #[error("the filter has {found} {list}; remove some, the limit is {MAX_FILTER_VALUES}")]
    TooManyValues {
        /// The field of the filter.
        list: String,
        /// The number of its values.
        found: usize,
    },
    /// A value is too long.
    #[error(
        "the filter has a value of {found} bytes in {list}; the limit is {MAX_FILTER_TEXT_BYTES}"
    )]
    LongValue {
        /// The field of the filter.
        list: String,
        /// The bytes of the value.
        found: usize,
    },
    /// A value has a character that no file has and that the database cannot store.
    #[error("a value of {list} has a NUL character (U+0000); remove it")]
    Nul {
        /// The field of the filter.
        list: String,
    },
    /// A bound has no number in single precision. JSON would write it as null, which is no bound.
    #[error(
        "a bound of {list} is not between -3.4e38 and 3.4e38, the range of numbers in single precision"
    )]
    Bound {
        /// The field of the filter.
        list: String,
    },
    /// There are too many criteria.
    #[error("the filter has criteria about {found} columns; the limit is {MAX_FILTER_COLUMNS}")]
    TooManyColumns {
        /// The number of columns.
        found: usize,
    },
    /// A category column does not have the value.
    #[error("{list} has no value {value:?}")]
    UnknownValue {
        /// The field of the filter.
        list: String,
        /// The value.
        value: String,
    },
}

/// Selects records. A record must meet every criterion that is set; a criterion with a list is met
/// by any of its values. The default selects all records.
///
/// A record with several alleles is one row. It meets a criterion about alleles if one of its
/// alleles does.
///
/// In JSON, each range and each list of values is under the name of its column:
/// `{"quality": {"min": 30}, "impacts": ["high"]}`. Criteria that are not set are left out. Which columns there are
/// depends on the result ([`ColumnSet`](super::ColumnSet)), so that only the query finds out if it lacks one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Regions that the record overlaps with its reference bases, or with POS to INFO/END for
    /// structural variants.
    pub regions: Vec<Region>,
    /// Gene symbols (or gene IDs without a symbol) of any transcript; case-insensitive.
    pub genes: Vec<String>,
    /// Values of category columns, or [`NO_VALUE`](super::NO_VALUE). A record matches a column if it has
    /// any of its values.
    pub categories: ByCategory<String>,
    /// Which of a record's consequences are compared.
    pub scope: Scope,
    /// Class of a single-base substitution.
    pub substitution: Option<Substitution>,
    /// Complete identifiers; case-insensitive.
    pub ids: Vec<String>,
    /// Ranges of numeric columns.
    pub ranges: ByColumn<Range>,
    /// Bases that an allele gains (positive) or loses (negative); INFO/SVLEN for symbolic alleles.
    pub length: Option<LengthRange>,
    /// Part of an identifier or of a gene symbol; case-insensitive.
    pub text: String,
    /// What the calls of samples must have.
    pub samples: Vec<SampleFilter>,
    /// How the variant came to a child of a trio.
    pub inheritance: Option<Inheritance>,
}

impl Filter {
    /// Whether the filter selects all records.
    pub fn is_empty(&self) -> bool {
        *self == Self { scope: self.scope, ..Self::default() }
    }

    /// A filter with one criterion: the range of a numeric column.
    pub fn of_range(column: &impl Named, range: Range) -> Self {
        Self { ranges: ByColumn::of(column, range), ..Self::default() }
    }

    /// A filter with one criterion: values of a category column.
    pub fn of_values(column: &impl Named, values: &[&str]) -> Self {
        Self::default().with_values(column, values)
    }

    /// Adds a criterion: values of a category column.
    pub fn with_values(mut self, column: &impl Named, values: &[&str]) -> Self {
        self.categories
            .set_values(column, values.iter().map(|value| (*value).to_owned()).collect());
        self
    }

    /// The samples of the criteria about samples and inheritance.
    pub fn sample_names(&self) -> impl Iterator<Item = &String> {
        let how = self.inheritance.iter();
        let roles =
            how.flat_map(|how| [Some(&how.child), how.father.as_ref(), how.mother.as_ref()]);
        roles.flatten().chain(self.samples.iter().map(|criterion| &criterion.sample))
    }

    /// Checks the values of category columns, and the limits of lists and texts. Deserialization checks them too, so that every filter
    /// from outside is within them.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn check(&self) -> Result<(), FilterError> {
        let contigs: Vec<&str> = self.regions.iter().map(|region| &*region.contig).collect();
        check_texts("regions", &contigs)?;
        check_texts("genes", &self.genes)?;
        check_texts("ids", &self.ids)?;
        check_texts("text", std::slice::from_ref(&self.text))?;
        let samples: Vec<&String> = self.sample_names().collect();
        check_texts("samples", &samples)?;
        for (name, values) in self.categories.iter() {
            check_texts(name, values)?;
            if let Some(column) = CategoryColumn::by_name(name) {
                column.check_values(values)?;
            }
        }
        for (name, range) in self.ranges.iter() {
            check_bounds(name, *range)?;
        }
        for balance in self.samples.iter().filter_map(|criterion| criterion.balance) {
            check_bounds("samples", balance)?;
        }
        let found = self.categories.iter().len() + self.ranges.iter().len();
        if found > MAX_FILTER_COLUMNS {
            return Err(FilterError::TooManyColumns { found });
        }
        Ok(())
    }
}

impl CategoryColumn {
    /// Checks that the column has the values of a criterion.
    ///
    /// # Errors
    /// [`FilterError::UnknownValue`] if the values of the column are listed, and one is not.
    pub fn check_values(&self, values: &[String]) -> Result<(), FilterError> {
        let is_unknown = |value: &&String| self.value(value).is_none();
        match values.iter().find(is_unknown).filter(|_| self.is_listed()) {
            Some(value) => {
                Err(FilterError::UnknownValue { list: self.name.to_string(), value: value.clone() })
            }
            None => Ok(()),
        }
    }
}

fn check_texts<T: AsRef<str>>(list: &str, texts: &[T]) -> Result<(), FilterError> {
    if texts.len() > MAX_FILTER_VALUES {
        return Err(FilterError::TooManyValues { list: list.to_owned(), found: texts.len() });
    }
    let longest = texts.iter().map(|text| text.as_ref().len()).max().unwrap_or(0);
    if longest > MAX_FILTER_TEXT_BYTES {
        return Err(FilterError::LongValue { list: list.to_owned(), found: longest });
    }
    if texts.iter().any(|text| text.as_ref().contains('\0')) {
        return Err(FilterError::Nul { list: list.to_owned() });
    }
    Ok(())
}

fn check_bounds(list: &str, range: Range) -> Result<(), FilterError> {
    let is_finite = [range.min, range.max].into_iter().flatten().all(f32::is_finite);
    if is_finite { Ok(()) } else { Err(FilterError::Bound { list: list.to_owned() }) }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_entry(&mut map, "regions", &self.regions)?;
        write_entry(&mut map, "genes", &self.genes)?;
        for (name, values) in self.categories.iter() {
            map.serialize_entry(name, values)?;
        }
        write_entry(&mut map, "scope", &self.scope)?;
        write_entry(&mut map, "substitution", &self.substitution)?;
        write_entry(&mut map, "ids", &self.ids)?;
        for (name, range) in self.ranges.iter() {
            map.serialize_entry(name, range)?;
        }
        write_entry(&mut map, "length", &self.length)?;
        write_entry(&mut map, "text", &self.text)?;
        write_entry(&mut map, "samples", &self.samples)?;
        write_entry(&mut map, "inheritance", &self.inheritance)?;
        map.end()
    }
}

/// Writes an entry unless it has its default value.
fn write_entry<M: SerializeMap, T: Serialize + Default + PartialEq>(
    map: &mut M,
    key: &'static str,
    value: &T,
) -> Result<(), M::Error> {
    if *value == T::default() { Ok(()) } else { map.serialize_entry(key, value) }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FilterVisitor)
    }
}

struct FilterVisitor;

impl<'de> Visitor<'de> for FilterVisitor {
    type Value = Filter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a filter")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Filter, A::Error> {
        let mut filter = Filter::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "regions" => filter.regions = map.next_value()?,
                "genes" => filter.genes = map.next_value()?,
                "scope" => filter.scope = map.next_value()?,
                "substitution" => filter.substitution = map.next_value()?,
                "ids" => filter.ids = map.next_value()?,
                "length" => filter.length = map.next_value()?,
                "text" => filter.text = map.next_value()?,
                "samples" => filter.samples = map.next_value()?,
                "inheritance" => filter.inheritance = map.next_value()?,
                // In saved links of earlier versions.
                "known" => {
                    let known: Option<bool> = map.next_value()?;
                    let value = known.map(|known| if known { "yes" } else { "no" });
                    filter = filter.with_values(&RS_ID, value.as_slice());
                }
                _ if is_column_name(&key) && !is_only_counted(&key) => {
                    let name = ColumnName::Owned(key);
                    match map.next_value()? {
                        Some(Criterion::Values(values)) => {
                            filter.categories.set_values(&name, values)
                        }
                        Some(Criterion::Range(range)) => filter.ranges.set(&name, Some(range)),
                        None => {}
                    }
                }
                name => return Err(de::Error::custom(format_args!("unknown field {name:?}"))),
            }
        }
        filter.check().map_err(de::Error::custom)?;
        Ok(filter)
    }
}

/// A criterion about a column.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "the criterion of a column must be a list of values, or a range with min, max or or_missing"
)]
enum Criterion {
    Values(Vec<String>),
    Range(Range),
}

/// Whether filters have no criteria about a column of every result.
fn is_only_counted(name: &str) -> bool {
    CategoryColumn::by_name(name).is_some_and(|column| column.filter == CategoryFilter::None)
}

/// Which of a record's consequences a filter compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The most severe one, which table, facets and charts show.
    #[default]
    MostSevere,
    /// Those of every allele and transcript.
    AnyTranscript,
}

/// A range of numbers with inclusive bounds. Numbers are stored and compared in single precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Range {
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f32>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f32>,
    /// Whether records without a value match as well. For frequencies, a missing value usually
    /// means that the allele has not been observed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub or_missing: bool,
}

impl Range {
    /// Whether a number is within the bounds.
    pub fn contains(&self, value: f32) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// A range of length changes in bases, with inclusive bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LengthRange {
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i32>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
}

impl LengthRange {
    /// Whether a length change is within the bounds.
    pub fn contains(&self, value: i32) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explorer::{IMPACT, MIXED_FREQUENCY, QUALITY};

    #[test]
    fn criteria_that_are_not_set_are_left_out_of_the_json() {
        assert_eq!(serde_json::to_string(&Filter::default()).unwrap(), "{}");
        let rare = Range { max: Some(0.01), or_missing: true, ..Range::default() };
        let filter = Filter {
            regions: vec!["chr1:5-9".parse().unwrap()],
            ..Filter::of_range(&MIXED_FREQUENCY, rare).with_values(&IMPACT, &["high"])
        };
        let text = serde_json::to_string(&filter).unwrap();
        assert_eq!(
            text,
            r#"{"regions":["chr1:5-9"],"impacts":["high"],"frequency":{"max":0.01,"or_missing":true}}"#
        );
        assert_eq!(serde_json::from_str::<Filter>(&text).unwrap(), filter);
        for unknown in
            [r#"{"a b":["high"]}"#, r#"{"impacts":"high"}"#, r#"{"quality":{"least":1}}"#]
        {
            assert!(serde_json::from_str::<Filter>(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn every_criterion_survives_json() {
        let text = r#"{"regions":["X:5-6"],"genes":["TP53"],"consequences":["none"],"filters":["PASS"],"impacts":["low"],"rs_id":["yes"],"types":["snv"],"scope":"any_transcript","substitution":"transition","ids":["rs1"],"frequency":{"min":0.5},"quality":{"min":30.0},"length":{"max":-2},"text":"a","samples":[{"sample":"S","genotypes":["heterozygous"],"depth":10,"quality":20,"balance":{"min":0.25},"or_missing":true}],"inheritance":{"mode":"de_novo","child":"c","father":"f","mother":"m","sex":"male"}}"#;
        let filter: Filter = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&filter).unwrap(), text);
        let good = Range { min: Some(30.0), ..Range::default() };
        assert_eq!(filter.ranges.get(&QUALITY), Some(good));
    }

    #[test]
    fn lists_and_texts_of_a_filter_have_limits() {
        let read = |field: &str, values: Vec<String>| {
            let json = serde_json::json!({ field: values }).to_string();
            serde_json::from_str::<Filter>(&json).map_err(|error| error.to_string())
        };
        for (field, value) in [
            ("regions", "chr1:5-9"),
            ("genes", "TP53"),
            ("consequences", "stop_gained"),
            ("impacts", "high"),
            ("types", "snv"),
            ("ids", "rs1"),
            ("filters", "PASS"),
        ] {
            let values = |n| vec![value.to_owned(); n];
            assert!(read(field, values(MAX_FILTER_VALUES)).is_ok(), "{field}");
            let error = read(field, values(MAX_FILTER_VALUES + 1)).unwrap_err();
            assert!(error.contains(&format!("1001 {field}; remove some")), "{error}");
        }
        for field in ["regions", "genes", "consequences", "ids", "filters"] {
            assert!(read(field, vec!["a".repeat(MAX_FILTER_TEXT_BYTES)]).is_ok());
            let error = read(field, vec!["a".repeat(MAX_FILTER_TEXT_BYTES + 1)]).unwrap_err();
            assert!(error.contains(&format!("201 bytes in {field}")), "{error}");
        }
        let text = format!(r#"{{"text":"{}"}}"#, "a".repeat(201));
        assert!(serde_json::from_str::<Filter>(&text).is_err());
    }

    #[test]
    fn no_value_has_a_character_that_cannot_be_stored() {
        for json in [
            r#"{"genes":["A\u0000"]}"#,
            r#"{"ids":["\u0000"]}"#,
            r#"{"filters":["PASS","\u0000"]}"#,
            r#"{"text":"a\u0000"}"#,
            r#"{"samples":[{"sample":"\u0000"}]}"#,
        ] {
            let error = serde_json::from_str::<Filter>(json).unwrap_err().to_string();
            assert!(error.contains("has a NUL character"), "{json}: {error}");
        }
    }

    #[test]
    fn listed_values_are_checked_and_saved_links_are_read() {
        let read = |json: &str| serde_json::from_str::<Filter>(json);
        let error = read(r#"{"impacts":["HIGH"]}"#).unwrap_err().to_string();
        assert!(error.contains("impacts has no value \"HIGH\""), "{error}");
        assert!(read(r#"{"chromosomes":["1"]}"#).is_err(), "regions are for that");
        let of_source =
            read(r#"{"am_class":["benign"],"gnomADe_AF":{"max":0.5},"none":null}"#).unwrap();
        assert_eq!(of_source.categories.values(&ColumnName::Borrowed("am_class")), ["benign"]);
        assert_eq!(read(r#"{"known":true}"#).unwrap(), Filter::of_values(&RS_ID, &["yes"]));
        assert_eq!(read(r#"{"known":false}"#).unwrap(), Filter::of_values(&RS_ID, &["no"]));
        assert!(read(r#"{"known":null,"impacts":[]}"#).unwrap().is_empty());
    }

    #[test]
    fn a_bound_without_a_number_is_rejected() {
        for json in [
            r#"{"quality":{"min":1e39}}"#,
            r#"{"quality":{"max":-1e39}}"#,
            r#"{"samples":[{"sample":"S","balance":{"max":1e39}}]}"#,
        ] {
            let error = serde_json::from_str::<Filter>(json).unwrap_err().to_string();
            assert!(error.contains("not between -3.4e38 and 3.4e38"), "{json}: {error}");
        }
        assert!(serde_json::from_str::<Filter>(r#"{"quality":{"max":3.4e38}}"#).is_ok());
    }

    #[test]
    fn criteria_about_columns_are_bounded() {
        let read = |columns: usize| {
            let ranges = (0..columns).map(|n| (format!("c{n}"), serde_json::json!({ "min": 1.0 })));
            let json = serde_json::Value::Object(ranges.collect());
            serde_json::from_value::<Filter>(json).map_err(|error| error.to_string())
        };
        assert!(read(MAX_FILTER_COLUMNS).is_ok());
        assert!(read(MAX_FILTER_COLUMNS + 1).unwrap_err().contains("101 columns"));
    }

    #[test]
    fn a_range_that_is_null_is_not_set() {
        let filter: Filter = serde_json::from_str(r#"{"quality":null}"#).unwrap();
        assert!(filter.is_empty());
    }
}
