//! The filter of the results explorer: which records to show.

use super::{ByColumn, Impact, NumericColumn, Region, Substitution, VariantType};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The value for "no consequence annotation" in consequence filters and facets.
pub const NO_CONSEQUENCE: &str = "none";

/// The most values of a list of a filter.
pub const MAX_FILTER_VALUES: usize = 1_000;

/// The most bytes of a name or a text in a filter.
pub const MAX_FILTER_TEXT_BYTES: usize = 200;

/// A filter that is over a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A list is too long.
    #[error("the filter has {found} {list}; remove some, the limit is {MAX_FILTER_VALUES}")]
    TooManyValues {
        /// The field of the filter.
        list: &'static str,
        /// The number of its values.
        found: usize,
    },
    /// A value is too long.
    #[error(
        "the filter has a value of {found} bytes in {list}; the limit is {MAX_FILTER_TEXT_BYTES}"
    )]
    LongValue {
        /// The field of the filter.
        list: &'static str,
        /// The bytes of the value.
        found: usize,
    },
}

/// Selects records. A record must meet every criterion that is set; a criterion with a list is met
/// by any of its values. The default selects all records.
///
/// A record with several alleles is one row. It meets a criterion about alleles if one of its
/// alleles does.
///
/// In JSON, each range is under the name of its column: `{"quality": {"min": 30}}`. Criteria that
/// are not set are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Regions that the record overlaps with its reference bases, or with POS to INFO/END for
    /// structural variants.
    pub regions: Vec<Region>,
    /// Gene symbols (or gene IDs without a symbol) of any transcript; case-insensitive.
    pub genes: Vec<String>,
    /// Sequence Ontology terms, or [`NO_CONSEQUENCE`].
    pub consequences: Vec<String>,
    /// Which of a record's consequences are compared.
    pub scope: Scope,
    /// Highest impact of the record.
    pub impacts: Vec<Impact>,
    /// Types of alleles.
    pub types: Vec<VariantType>,
    /// Class of a single-base substitution.
    pub substitution: Option<Substitution>,
    /// Whether the record has a dbSNP identifier (`rs…`) in ID or in the annotation.
    pub known: Option<bool>,
    /// Complete identifiers; case-insensitive.
    pub ids: Vec<String>,
    /// Ranges of numeric columns.
    pub ranges: ByColumn<Range>,
    /// Bases that an allele gains (positive) or loses (negative); INFO/SVLEN for symbolic alleles.
    pub length: Option<LengthRange>,
    /// Names in FILTER: `PASS`, a filter's name, or `.` if no filters were applied.
    pub filters: Vec<String>,
    /// Part of an identifier or of a gene symbol; case-insensitive.
    pub text: String,
}

impl Filter {
    /// Whether the filter selects all records.
    pub fn is_empty(&self) -> bool {
        *self == Self { scope: self.scope, ..Self::default() }
    }

    /// A filter with one criterion: the range of a numeric column.
    pub fn of_range(column: &'static NumericColumn, range: Range) -> Self {
        Self { ranges: ByColumn::of(column, range), ..Self::default() }
    }

    /// Checks the limits of lists and texts. Deserialization checks them too, so that every filter
    /// from outside is within them.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn check(&self) -> Result<(), FilterError> {
        let contigs: Vec<&str> = self.regions.iter().map(|region| &*region.contig).collect();
        check_texts("regions", &contigs)?;
        check_texts("genes", &self.genes)?;
        check_texts("consequences", &self.consequences)?;
        check_texts("ids", &self.ids)?;
        check_texts("filters", &self.filters)?;
        check_texts("text", std::slice::from_ref(&self.text))?;
        check_length("impacts", self.impacts.len())?;
        check_length("types", self.types.len())
    }
}

fn check_length(list: &'static str, found: usize) -> Result<(), FilterError> {
    if found > MAX_FILTER_VALUES {
        return Err(FilterError::TooManyValues { list, found });
    }
    Ok(())
}

fn check_texts<T: AsRef<str>>(list: &'static str, texts: &[T]) -> Result<(), FilterError> {
    check_length(list, texts.len())?;
    let longest = texts.iter().map(|text| text.as_ref().len()).max().unwrap_or(0);
    if longest > MAX_FILTER_TEXT_BYTES {
        return Err(FilterError::LongValue { list, found: longest });
    }
    Ok(())
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_entry(&mut map, "regions", &self.regions)?;
        write_entry(&mut map, "genes", &self.genes)?;
        write_entry(&mut map, "consequences", &self.consequences)?;
        write_entry(&mut map, "scope", &self.scope)?;
        write_entry(&mut map, "impacts", &self.impacts)?;
        write_entry(&mut map, "types", &self.types)?;
        write_entry(&mut map, "substitution", &self.substitution)?;
        write_entry(&mut map, "known", &self.known)?;
        write_entry(&mut map, "ids", &self.ids)?;
        for (column, range) in self.ranges.iter() {
            map.serialize_entry(column.name, &range)?;
        }
        write_entry(&mut map, "length", &self.length)?;
        write_entry(&mut map, "filters", &self.filters)?;
        write_entry(&mut map, "text", &self.text)?;
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
                "consequences" => filter.consequences = map.next_value()?,
                "scope" => filter.scope = map.next_value()?,
                "impacts" => filter.impacts = map.next_value()?,
                "types" => filter.types = map.next_value()?,
                "substitution" => filter.substitution = map.next_value()?,
                "known" => filter.known = map.next_value()?,
                "ids" => filter.ids = map.next_value()?,
                "length" => filter.length = map.next_value()?,
                "filters" => filter.filters = map.next_value()?,
                "text" => filter.text = map.next_value()?,
                name => match NumericColumn::by_name(name) {
                    Some(column) => filter.ranges.set(column, map.next_value()?),
                    None => {
                        return Err(de::Error::custom(format_args!("unknown field {name:?}")));
                    }
                },
            }
        }
        filter.check().map_err(de::Error::custom)?;
        Ok(filter)
    }
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
    use crate::explorer::{FREQUENCY, QUALITY};

    #[test]
    fn criteria_that_are_not_set_are_left_out_of_the_json() {
        assert_eq!(serde_json::to_string(&Filter::default()).unwrap(), "{}");
        let rare = Range { max: Some(0.01), or_missing: true, ..Range::default() };
        let filter = Filter {
            regions: vec!["chr1:5-9".parse().unwrap()],
            impacts: vec![Impact::High],
            ..Filter::of_range(&FREQUENCY, rare)
        };
        let text = serde_json::to_string(&filter).unwrap();
        assert_eq!(
            text,
            r#"{"regions":["chr1:5-9"],"impacts":["high"],"frequency":{"max":0.01,"or_missing":true}}"#
        );
        assert_eq!(serde_json::from_str::<Filter>(&text).unwrap(), filter);
        assert!(serde_json::from_str::<Filter>(r#"{"impact":["high"]}"#).is_err());
    }

    #[test]
    fn every_criterion_survives_json() {
        let text = r#"{"regions":["X:5-6"],"genes":["TP53"],"consequences":["none"],"scope":"any_transcript","impacts":["low"],"types":["snv"],"substitution":"transition","known":true,"ids":["rs1"],"frequency":{"min":0.5},"quality":{"min":30.0},"length":{"max":-2},"filters":["PASS"],"text":"a"}"#;
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
    fn a_range_that_is_null_is_not_set() {
        let filter: Filter = serde_json::from_str(r#"{"quality":null}"#).unwrap();
        assert!(filter.is_empty());
    }
}
