//! Which variants to show.

use super::{Impact, Region, Substitution, VariantType};
use serde::{Deserialize, Serialize};

/// Stands for "no consequence annotation" among consequences, in filters and facets.
pub const NO_CONSEQUENCE: &str = "none";

/// Which records are shown. Every criterion given must hold; within a list one value suffices. The
/// default shows all. A record with several alternatives is one row, and a criterion on alleles
/// holds where one of its alleles meets it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// The record's reference bases (or, for structural variants, POS to INFO/END) overlap one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// Gene symbols (or identifiers, where there is no symbol) of any transcript, in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub genes: Vec<String>,
    /// Sequence Ontology terms, or [`NO_CONSEQUENCE`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<String>,
    /// Which of a record's consequences count.
    #[serde(skip_serializing_if = "Scope::is_default")]
    pub scope: Scope,
    /// Greatest impact of the record.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub impacts: Vec<Impact>,
    /// Kinds of alleles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<VariantType>,
    /// Class of a single-base substitution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitution: Option<Substitution>,
    /// Whether there is a dbSNP number (`rs…`) in ID or in what the annotation found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<bool>,
    /// Identifiers, whole, in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Allele frequency, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Range>,
    /// QUAL, phred-scaled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Range>,
    /// Bases gained (positive) or lost (negative) by an allele; for symbolic alleles INFO/SVLEN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<LengthRange>,
    /// Names in FILTER; `PASS`, and `.` for records that no filter saw.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// Part of an identifier or of a gene's symbol, in any case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Filter {
    /// Whether everything is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self { scope: self.scope, ..Self::default() }
    }
}

/// Which of a record's consequences a filter looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The most severe one, as the table, the facets and the charts show.
    #[default]
    MostSevere,
    /// Those of every allele and transcript.
    AnyTranscript,
}

impl Scope {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Bounds of a number, inclusive. Numbers are compared in single precision, as they are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Range {
    /// Least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f32>,
    /// Greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f32>,
    /// Whether records without the number are shown too: what no database has seen is rare.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub or_missing: bool,
}

impl Range {
    /// Whether a number lies within the bounds.
    pub fn contains(&self, value: f32) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// Bounds of a change of length, inclusive, in bases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LengthRange {
    /// Least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i32>,
    /// Greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
}

impl LengthRange {
    /// Whether a change lies within the bounds.
    pub fn contains(&self, value: i32) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_is_not_written() {
        assert_eq!(serde_json::to_string(&Filter::default()).unwrap(), "{}");
        let filter = Filter {
            regions: vec!["chr1:5-9".parse().unwrap()],
            impacts: vec![Impact::High],
            frequency: Some(Range { max: Some(0.01), or_missing: true, ..Range::default() }),
            ..Filter::default()
        };
        let text = serde_json::to_string(&filter).unwrap();
        assert_eq!(
            text,
            r#"{"regions":["chr1:5-9"],"impacts":["high"],"frequency":{"max":0.01,"or_missing":true}}"#
        );
        assert_eq!(serde_json::from_str::<Filter>(&text).unwrap(), filter);
        assert!(serde_json::from_str::<Filter>(r#"{"impact":["high"]}"#).is_err());
    }
}
