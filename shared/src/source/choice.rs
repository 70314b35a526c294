//! The sources that users can choose for a job.

use super::{SourceColumn, SourceId, SourceManifest};
use crate::reference::Sha256;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The column of identifiers of known variants, which several sources can have (VEP's name).
pub const EXISTING_VARIATION: &str = "Existing_variation";

/// A source that jobs can be annotated with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChoice {
    /// The identifier.
    pub id: SourceId,
    /// The digest of its manifest.
    pub sha256: Sha256,
    /// The name that users see, such as `gnomAD exomes`.
    pub name: String,
    /// The release of the data, such as `4.1` or a date.
    pub release: String,
    /// The columns that it brings.
    pub columns: Vec<SourceColumn>,
    /// The license of the data, by name or address.
    pub license: String,
    /// What a publication that uses the source should cite.
    pub attribution: String,
    /// Whether the license forbids commercial use.
    pub noncommercial: bool,
}

impl SourceChoice {
    /// A published source.
    pub fn new(manifest: SourceManifest, sha256: Sha256) -> Self {
        let SourceManifest {
            id, name, release, columns, license, attribution, noncommercial, ..
        } = manifest;
        Self { id, sha256, name, release, columns, license, attribution, noncommercial }
    }
}

/// The sources of a deployment that jobs can choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChoices {
    /// All, in the order of their identifiers.
    pub choices: Vec<SourceChoice>,
}

impl SourceChoices {
    /// The source with this identifier.
    pub fn find(&self, id: &SourceId) -> Option<&SourceChoice> {
        self.choices.iter().find(|choice| choice.id == *id)
    }

    /// The sources that can be used with references of an assembly.
    pub fn of_assembly<'a>(&'a self, assembly: &'a str) -> impl Iterator<Item = &'a SourceChoice> {
        self.choices.iter().filter(move |choice| choice.id.fits_assembly(assembly))
    }

    /// The sources that a user chose earlier, as they can be chosen now: a release that is gone is replaced by the newest one of
    /// the source. `None`, which stands for the default ones, if all are gone.
    pub fn renewed(&self, chosen: &[SourceId]) -> Option<Vec<SourceId>> {
        let mut renewed: Vec<SourceId> = Vec::new();
        for id in chosen {
            let is_release = |other: &&SourceChoice| {
                other.id.name() == id.name() && other.id.assembly() == id.assembly()
            };
            let newest = || {
                let releases = self.choices.iter().filter(is_release);
                releases.max_by(|a, b| by_number(a.id.version(), b.id.version()))
            };
            if let Some(choice) = self.find(id).or_else(newest)
                && !renewed.contains(&choice.id)
            {
                renewed.push(choice.id.clone());
            }
        }
        (chosen.is_empty() || !renewed.is_empty()).then_some(renewed)
    }

    /// The sources of jobs that name none: those that fit the assembly of the reference and permit commercial use. Of several
    /// releases of a source it is the newest, and a source with a column of one before it is left out.
    pub fn defaults<'a>(&'a self, assembly: &'a str) -> Vec<&'a SourceChoice> {
        let mut defaults: Vec<&SourceChoice> = Vec::new();
        for choice in self.of_assembly(assembly).filter(|choice| !choice.noncommercial) {
            match defaults.iter_mut().find(|known| known.id.name() == choice.id.name()) {
                Some(known) => {
                    if by_number(known.id.version(), choice.id.version()).is_lt() {
                        *known = choice;
                    }
                }
                None => defaults.push(choice),
            }
        }
        let mut fitting: Vec<&SourceChoice> = Vec::new();
        for choice in defaults {
            if fitting.iter().all(|known| known.common_column(choice).is_none()) {
                fitting.push(choice);
            }
        }
        fitting
    }
}

impl SourceChoice {
    /// Name and release, such as `gnomAD exomes 4.1`.
    pub fn label(&self) -> String {
        format!("{} {}", self.name, self.release)
    }

    /// A column that both sources have, so that they cannot be used together. Identifiers of known variants are one list.
    pub fn common_column(&self, other: &Self) -> Option<&str> {
        let names = self.columns.iter().map(|column| column.name.as_str());
        let is_common = |name: &&str| {
            *name != EXISTING_VARIATION && other.columns.iter().any(|column| column.name == *name)
        };
        names.into_iter().find(is_common)
    }
}

/// The order of versions: numbers in them are compared as numbers, so `4.10` follows `4.9`.
fn by_number(one: &str, other: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        let is_digit = |c: char| c.is_ascii_digit();
        let mut parts = Vec::new();
        let mut rest = text.to_owned();
        while !rest.is_empty() {
            let end = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            let end = after.find(is_digit).unwrap_or(after.len());
            let (text, after) = after.split_at(end);
            parts.push((number.parse().unwrap_or(u64::MAX), text.to_owned()));
            rest = after.to_owned();
        }
        parts
    };
    parts(one).cmp(&parts(other)).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceColumnKind;

    fn choice(id: &str, columns: &[&str], noncommercial: bool) -> SourceChoice {
        let column = |name: &&str| SourceColumn {
            name: (*name).to_owned(),
            source: id.to_owned(),
            kind: SourceColumnKind::Float,
            description: String::new(),
        };
        let id: SourceId = id.parse().unwrap();
        SourceChoice {
            sha256: Sha256::from_bytes([1; 32]),
            name: id.name().to_owned(),
            release: id.version().to_owned(),
            columns: columns.iter().map(column).collect(),
            license: "CC0".to_owned(),
            attribution: "none".to_owned(),
            noncommercial,
            id,
        }
    }

    #[test]
    fn chosen_sources_that_are_gone_are_replaced_by_their_newest_release() {
        let available = ["clinvar/GRCh38/2026-9", "clinvar/GRCh38/2026-11", "dbsnp/GRCh38/157"];
        let choices = available.iter().map(|id| choice(id, &[], false)).collect();
        let sources = SourceChoices { choices };
        let renewed = |ids: &[&str]| {
            let ids: Vec<SourceId> = ids.iter().map(|id| id.parse().unwrap()).collect();
            let renewed = sources.renewed(&ids)?;
            Some(renewed.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let expected = |ids: &[&str]| Some(ids.iter().map(ToString::to_string).collect());
        assert_eq!(renewed(&[]), expected(&[]));
        assert_eq!(renewed(&available[..1]), expected(&available[..1]));
        let gone = ["clinvar/GRCh38/2026-8", "clinvar/GRCh38/2026-11", "omim/any/1"];
        assert_eq!(renewed(&gone), expected(&["clinvar/GRCh38/2026-11"]));
        assert_eq!(renewed(&["clinvar/GRCh37/2026-8"]), None);
    }

    #[test]
    fn the_default_sources_fit_the_assembly_and_one_another() {
        let choices = SourceChoices {
            choices: vec![
                choice("clinvar/GRCh37/2026-11", &["CLIN_SIG"], false),
                choice("clinvar/GRCh38/2026-10", &["CLIN_SIG"], false),
                choice("clinvar/GRCh38/2026-9", &["CLIN_SIG"], false),
                choice("constraint/any/4.1", &["LOEUF"], false),
                choice("dbsnp/GRCh38/157", &["Existing_variation"], false),
                choice("mine/GRCh38/1", &["Existing_variation", "x"], false),
                choice("other/GRCh38/1", &["y", "LOEUF"], false),
                choice("scores/GRCh38/1", &["z"], true),
            ],
        };
        let ids: Vec<&str> =
            choices.defaults("hg38").into_iter().map(|choice| choice.id.as_str()).collect();
        let expected =
            ["clinvar/GRCh38/2026-10", "constraint/any/4.1", "dbsnp/GRCh38/157", "mine/GRCh38/1"];
        assert_eq!(ids, expected);
        assert_eq!(choices.choices[6].common_column(&choices.choices[3]), Some("LOEUF"));
    }

    #[test]
    fn numbers_in_versions_are_compared_as_numbers() {
        for (one, other) in [("4.9", "4.10"), ("2026-9", "2026-10"), ("157", "b157"), ("4", "4.1")]
        {
            assert!(by_number(one, other).is_lt(), "{one} {other}");
        }
        assert!(by_number("1", "1").is_eq());
    }
}
