//! Facets: the number of records by value of each category column.

use super::{ByCategory, ColumnName, Named};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Records by value of the category columns. The counts of a facet apply every criterion of the
/// filter but the facet's own, so they show what a further choice would select. A record with several
/// values counts for each of them.
///
/// In JSON, each facet is under the name of its column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets(pub ByCategory<Facet>);

/// A value of a category column and the number of records that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// The value.
    pub value: String,
    /// Records with the value.
    pub records: u64,
}

impl Facets {
    /// The facet of a column, without values that no record has.
    pub fn of(&self, column: &impl Named) -> &[Facet] {
        self.0.values(column)
    }
}

impl Serialize for Facets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, facet) in self.0.iter() {
            map.serialize_entry(name, facet)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Facets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FacetsVisitor)
    }
}

struct FacetsVisitor;

impl<'de> Visitor<'de> for FacetsVisitor {
    type Value = Facets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("facets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facets, A::Error> {
        let mut facets = Facets::default();
        while let Some(key) = map.next_key::<String>()? {
            facets.0.set_values(&ColumnName::Owned(key), map.next_value()?);
        }
        Ok(facets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explorer::{IMPACT, RS_ID};

    #[test]
    fn facets_are_under_the_names_of_their_columns() {
        let facet = |value: &str, records| Facet { value: value.to_owned(), records };
        let mut facets = Facets::default();
        facets.0.set_values(&RS_ID, vec![facet("yes", 7)]);
        facets.0.set_values(&IMPACT, vec![facet("high", 2), facet("low", 5)]);
        let json = serde_json::to_value(&facets).unwrap();
        assert_eq!(json["rs_id"], serde_json::json!([{"value": "yes", "records": 7}]));
        assert_eq!(serde_json::from_value::<Facets>(json).unwrap(), facets);
        let of_source =
            serde_json::from_str::<Facets>(r#"{"color":[{"value":"red","records":1}]}"#);
        let red = [facet("red", 1)];
        assert_eq!(of_source.unwrap().of(&ColumnName::Borrowed("color")), red);
    }
}
