//! Queries for pages of the table of variants, and their answers.

use super::{
    ByCategory, ByColumn, ColumnName, ColumnSet, Facets, Filter, Impact, SampleCall, VariantType,
};
use crate::source::is_column_name;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most rows of one page.
pub const MAX_ROWS: u32 = 1000;

/// A query for one page of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Which records.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// How many rows to skip.
    pub offset: u64,
    /// How many rows to return, at most [`MAX_ROWS`].
    pub limit: u32,
    /// Whether to count the facets; not needed for scrolling.
    pub facets: bool,
    /// The samples whose calls the rows have, by name.
    pub samples: Vec<String>,
}

/// A sort order: the most severe records first by default. Records without a value come last in both directions, and
/// records with equal values keep the file's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sort {
    /// The sort key.
    pub key: SortKey,
    /// The direction.
    pub direction: Direction,
}

impl Sort {
    /// By position.
    pub const POSITION: Self = Self { key: SortKey::Position, direction: Direction::Ascending };
}

/// A sort key; its name in JSON and URLs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// `position`: contig in the file's order, then position.
    Position,
    /// `gene`: symbol of the gene in the table.
    Gene,
    /// `impact`: impact, then severity of the most severe consequence; HIGH first if ascending.
    #[default]
    Impact,
    /// The name of a numeric column, or of a category column whose values are in [`Row::categories`]. For a record with
    /// several numbers, the one in the table; for one with several categories, the first in the order of the column.
    Column(ColumnName),
}

impl SortKey {
    /// The name in JSON and URLs.
    pub fn name(&self) -> &str {
        match self {
            Self::Position => "position",
            Self::Gene => "gene",
            Self::Impact => "impact",
            Self::Column(name) => name,
        }
    }

    /// The key of a name. `None` if no column can have the name.
    pub fn by_name(name: &str) -> Option<Self> {
        let fixed = [Self::Position, Self::Gene, Self::Impact];
        fixed.into_iter().find(|key| key.name() == name).or_else(|| {
            is_column_name(name).then(|| Self::Column(ColumnName::Owned(name.to_owned())))
        })
    }
}

impl Serialize for SortKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for SortKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::by_name(&name)
            .ok_or_else(|| de::Error::custom(format_args!("unknown sort key {name:?}")))
    }
}

/// A sort direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Least value first.
    #[default]
    Ascending,
    /// Greatest value first.
    Descending,
}

/// One page of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Records in the file.
    pub total: u64,
    /// Records that match the filter.
    pub matched: u64,
    /// The rows.
    pub rows: Vec<Row>,
    /// The facets, if the query asks for them.
    pub facets: Option<Facets>,
    /// The samples that filters and rows can have, by name. In an index of an earlier version, none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
    /// The columns that filters, rows and sort orders can have.
    #[serde(default)]
    pub columns: ColumnSet,
    /// Names in the filter that the result does not have, if the query asks for facets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownName>,
}

/// A name in a filter that the result does not have, so that it selects no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownName {
    /// The list of the filter that has the name.
    pub list: NameList,
    /// The name.
    pub name: String,
    /// Some names that the result has: similar ones of genes, the first ones of chromosomes.
    pub suggestions: Vec<String>,
}

/// A list of names in a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameList {
    /// [`Filter::genes`].
    Genes,
    /// The contigs of [`Filter::regions`].
    Regions,
}

/// What is wrong and what to write instead, as a fragment of a sentence.
impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list, name, suggestions } = self;
        match (list, &suggestions[..]) {
            (NameList::Genes, []) => write!(f, "no variant of this file is in a gene {name:?}"),
            (NameList::Genes, similar) => write!(
                f,
                "no variant of this file is in a gene {name:?}; similar names: {}",
                similar.join(", ")
            ),
            (NameList::Regions, known) => {
                let example = known.first().map_or("chr20", String::as_str);
                write!(
                    f,
                    "no variant of this file is on a chromosome {name:?}; write a region like \
                     {example}:1,000-2,000"
                )
            }
        }
    }
}

/// A row of the table: one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Number of the record in the file, from 0; identifies the record in further queries.
    pub number: u64,
    /// CHROM.
    pub chrom: String,
    /// POS.
    pub pos: u32,
    /// ID, as in the file. In the table and in the details of a record, a value that is too long ends
    /// with `…` and its length.
    pub id: String,
    /// REF; long alleles are shortened in the table and in the details.
    pub reference: String,
    /// ALT, comma-separated; shortened as REF.
    pub alt: String,
    /// QUAL, as in the file.
    pub qual: String,
    /// FILTER.
    pub filter: String,
    /// Types of the alternative alleles, each once.
    pub types: Vec<VariantType>,
    /// Most severe consequence.
    pub consequence: Option<String>,
    /// Highest impact.
    pub impact: Option<Impact>,
    /// Gene of the chosen transcript: the one with the most severe consequence; of several, the one that the annotation
    /// picked (VEP's PICK), then MANE Select, then canonical transcripts.
    pub gene: Option<String>,
    /// The chosen transcript.
    pub transcript: Option<String>,
    /// The MANE set of the chosen transcript.
    pub mane: Option<Mane>,
    /// Whether the chosen transcript is Ensembl's canonical one of its gene.
    pub canonical: bool,
    /// The exons of the chosen transcript that the variant is in, and how many it has: `3/9`.
    pub exon: Option<String>,
    /// The introns, in the same form.
    pub intron: Option<String>,
    /// HGVS coding (or non-coding) description on the chosen transcript, with its name; see [`hgvs_change`].
    pub hgvs_c: Option<String>,
    /// HGVS protein description on the chosen transcript, with the name of the protein; see [`hgvs_change`].
    pub hgvs_p: Option<String>,
    /// Values of the numeric columns. In JSON, each is under the name of its column.
    pub numbers: ByColumn<f32>,
    /// Values of the category columns that have no field here. In JSON, each list is under the name of its
    /// column.
    pub categories: ByCategory<String>,
    /// Values of the text columns; different ones are separated by `;`. In JSON, each is under the name of its column.
    pub texts: ByColumn<String>,
    /// dbSNP and other identifiers, from ID and the annotation.
    pub ids: Vec<String>,
    /// The calls of the samples that the query names. In JSON, they are left out if it names none.
    pub samples: Vec<SampleCall>,
    /// Bytes of the record, if it is so long that values of the row are cut. In JSON, it is left out
    /// otherwise.
    pub cut: Option<u64>,
}

/// A set of transcripts that NCBI and Ensembl agree on (MANE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mane {
    /// MANE Select: one transcript of a gene.
    Select,
    /// MANE Plus Clinical: further transcripts of clinical interest.
    PlusClinical,
}

impl Mane {
    /// The label on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Select => "MANE Select",
            Self::PlusClinical => "MANE Plus Clinical",
        }
    }
}

/// An HGVS description without the name of its sequence: `c.76A>T` of `ENST00000357654.9:c.76A>T`.
pub fn hgvs_change(description: &str) -> &str {
    description.split_once(':').map_or(description, |(_, change)| change)
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("number", &self.number)?;
        map.serialize_entry("chrom", &self.chrom)?;
        map.serialize_entry("pos", &self.pos)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("reference", &self.reference)?;
        map.serialize_entry("alt", &self.alt)?;
        map.serialize_entry("qual", &self.qual)?;
        map.serialize_entry("filter", &self.filter)?;
        map.serialize_entry("types", &self.types)?;
        map.serialize_entry("consequence", &self.consequence)?;
        map.serialize_entry("impact", &self.impact)?;
        map.serialize_entry("gene", &self.gene)?;
        map.serialize_entry("transcript", &self.transcript)?;
        map.serialize_entry("mane", &self.mane)?;
        map.serialize_entry("canonical", &self.canonical)?;
        map.serialize_entry("exon", &self.exon)?;
        map.serialize_entry("intron", &self.intron)?;
        map.serialize_entry("hgvs_c", &self.hgvs_c)?;
        map.serialize_entry("hgvs_p", &self.hgvs_p)?;
        for (name, number) in self.numbers.iter() {
            map.serialize_entry(name, number)?;
        }
        for (name, values) in self.categories.iter() {
            map.serialize_entry(name, values)?;
        }
        for (name, text) in self.texts.iter() {
            map.serialize_entry(name, text)?;
        }
        map.serialize_entry("ids", &self.ids)?;
        if !self.samples.is_empty() {
            map.serialize_entry("samples", &self.samples)?;
        }
        if let Some(bytes) = self.cut {
            map.serialize_entry("cut", &bytes)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

/// The value of a column in the JSON of a row.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Number(f32),
    Categories(Vec<String>),
    Text(String),
    Other(IgnoredAny),
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Row::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "number" => row.number = map.next_value()?,
                "chrom" => row.chrom = map.next_value()?,
                "pos" => row.pos = map.next_value()?,
                "id" => row.id = map.next_value()?,
                "reference" => row.reference = map.next_value()?,
                "alt" => row.alt = map.next_value()?,
                "qual" => row.qual = map.next_value()?,
                "filter" => row.filter = map.next_value()?,
                "types" => row.types = map.next_value()?,
                "consequence" => row.consequence = map.next_value()?,
                "impact" => row.impact = map.next_value()?,
                "gene" => row.gene = map.next_value()?,
                "transcript" => row.transcript = map.next_value()?,
                "mane" => row.mane = map.next_value()?,
                "canonical" => row.canonical = map.next_value()?,
                "exon" => row.exon = map.next_value()?,
                "intron" => row.intron = map.next_value()?,
                "hgvs_c" => row.hgvs_c = map.next_value()?,
                "hgvs_p" => row.hgvs_p = map.next_value()?,
                "ids" => row.ids = map.next_value()?,
                "samples" => row.samples = map.next_value()?,
                "cut" => row.cut = map.next_value()?,
                _ => {
                    let name = ColumnName::Owned(key);
                    match map.next_value()? {
                        Value::Number(number) => row.numbers.set(&name, Some(number)),
                        Value::Categories(values) => row.categories.set_values(&name, values),
                        Value::Text(text) => row.texts.set(&name, Some(text)),
                        // Of a newer version.
                        Value::Other(_) => {}
                    }
                }
            }
        }
        Ok(row)
    }
}

/// The data of a record, for the details panel. Long values are shortened and long lists end early;
/// the notes say so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowDetails {
    /// The row of the table, with longer values.
    pub row: Row,
    /// Frequencies, by INFO key or annotation field.
    pub frequencies: Vec<Field>,
    /// The annotation of every allele and transcript, in the file's order.
    pub entries: Vec<TranscriptEntry>,
    /// The other INFO fields.
    pub info: Vec<Field>,
    /// FORMAT and the first 100 samples.
    pub samples: Vec<Field>,
    /// Sentences about what is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The annotation of one allele and one transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptEntry {
    /// Whether the table shows this transcript.
    pub chosen: bool,
    /// The fields that are not empty, named as in the header's Format.
    pub fields: Vec<Field>,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The key.
    pub key: String,
    /// The value; empty for flags.
    pub value: String,
    /// The header's description of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_values_of_columns_under_their_names() {
        let name = ColumnName::Borrowed;
        let row = Row {
            number: 7,
            chrom: "1".to_owned(),
            impact: Some(Impact::High),
            mane: Some(Mane::PlusClinical),
            numbers: ByColumn::of(&name("gnomADe_AF"), 0.25),
            categories: ByColumn::of(&name("am_class"), vec!["benign".to_owned()]),
            texts: ByColumn::of(&name("note"), "a; b".to_owned()),
            ..Row::default()
        };
        let json = serde_json::to_value(&row).unwrap();
        assert_eq!((&json["gnomADe_AF"], &json["note"]), (&0.25.into(), &"a; b".into()));
        assert_eq!(json["gene"], serde_json::Value::Null);
        assert_eq!(serde_json::from_value::<Row>(json).unwrap(), row);
        let newer = serde_json::json!({ "number": 1, "of_a_newer_version": { "a": 1 } });
        assert_eq!(
            serde_json::from_value::<Row>(newer).unwrap(),
            Row { number: 1, ..Row::default() }
        );
    }

    #[test]
    fn changes_are_descriptions_without_the_name_of_the_sequence() {
        assert_eq!(hgvs_change("ENST00000357654.9:c.76A>T"), "c.76A>T");
        assert_eq!(hgvs_change("p.Met1Val"), "p.Met1Val");
    }

    #[test]
    fn unknown_names_say_what_to_write_instead() {
        let unknown = |list, name: &str, suggestions: &[&str]| {
            let suggestions = suggestions.iter().map(|name| (*name).to_owned()).collect();
            UnknownName { list, name: name.to_owned(), suggestions }.to_string()
        };
        assert_eq!(
            unknown(NameList::Genes, "BRCA", &["BRCA1", "BRCA2"]),
            "no variant of this file is in a gene \"BRCA\"; similar names: BRCA1, BRCA2"
        );
        assert_eq!(
            unknown(NameList::Regions, "nonsense", &["20", "MT"]),
            "no variant of this file is on a chromosome \"nonsense\"; write a region like 20:1,000-2,000"
        );
    }

    #[test]
    fn sort_keys_are_written_by_name() {
        let of_column = SortKey::Column(ColumnName::Borrowed("quality"));
        for key in [SortKey::Position, SortKey::Gene, SortKey::Impact, of_column] {
            let json = serde_json::to_string(&key).unwrap();
            assert_eq!(json, format!("\"{}\"", key.name()));
            assert_eq!(serde_json::from_str::<SortKey>(&json).unwrap(), key);
        }
        assert!(serde_json::from_str::<SortKey>("\"no name\"").is_err());
    }
}
