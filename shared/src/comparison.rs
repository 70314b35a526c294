//! The comparison of the results of two jobs: which records only one of them has, and which are annotated differently.

use crate::explorer::Impact;
use crate::job::StateView;
use crate::{JobView, Provenance};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The most differences that a [`Comparison`] has.
pub const MAX_DIFFERENCES: usize = 200;

/// A way in which two results differ at a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DifferenceKind {
    /// Only the first result has the record.
    OnlyFirst,
    /// Only the second result has the record.
    OnlySecond,
    /// Both have the record, with different most severe consequences.
    Consequence,
    /// Both have the record, with different highest impacts.
    Impact,
}

/// A text that is no [`DifferenceKind`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a kind of difference; expected one of only_first, only_second, consequence and impact"
)]
pub struct UnknownKind(String);

impl DifferenceKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::OnlyFirst, Self::OnlySecond, Self::Consequence, Self::Impact];

    /// The spelling in addresses and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnlyFirst => "only_first",
            Self::OnlySecond => "only_second",
            Self::Consequence => "consequence",
            Self::Impact => "impact",
        }
    }

    /// The label on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OnlyFirst => "Only in the first",
            Self::OnlySecond => "Only in the second",
            Self::Consequence => "Consequence changed",
            Self::Impact => "Impact changed",
        }
    }
}

impl FromStr for DifferenceKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// How a result annotates a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnnotatedRecord {
    /// The number of the record in the result, from 0.
    pub number: u64,
    /// The most severe consequence. `null` if the record is not annotated.
    pub consequence: Option<String>,
    /// The highest impact. `null` if the record is not annotated.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "moderate"))]
    pub impact: Option<Impact>,
    /// The gene of the transcript with the most severe consequence. `null` if there is none.
    pub gene: Option<String>,
}

/// A record with its annotations in two results; both are the same unless `kinds` says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Difference {
    /// CHROM, as in the first result that has the record.
    pub chrom: String,
    /// POS.
    pub pos: u32,
    /// REF; long alleles are shortened.
    pub reference: String,
    /// ALT, comma-separated; shortened as REF.
    pub alt: String,
    /// The record in the first result. `null` if it does not have it.
    pub first: Option<AnnotatedRecord>,
    /// The record in the second result. `null` if it does not have it.
    pub second: Option<AnnotatedRecord>,
}

impl Difference {
    /// Whether the results differ in a way at this record.
    pub fn is(&self, kind: DifferenceKind) -> bool {
        match (kind, &self.first, &self.second) {
            (DifferenceKind::OnlyFirst, first, second) => first.is_some() && second.is_none(),
            (DifferenceKind::OnlySecond, first, second) => first.is_none() && second.is_some(),
            (DifferenceKind::Consequence, Some(first), Some(second)) => {
                first.consequence != second.consequence
            }
            (DifferenceKind::Impact, Some(first), Some(second)) => first.impact != second.impact,
            _ => false,
        }
    }

    /// The ways in which the results differ at this record.
    pub fn kinds(&self) -> impl Iterator<Item = DifferenceKind> {
        DifferenceKind::ALL.into_iter().filter(|kind| self.is(*kind))
    }

    /// Whether the results do not differ at this record.
    pub fn is_none(&self) -> bool {
        self.kinds().next().is_none()
    }
}

/// The counts of two results, and their first differences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// The records of the first result.
    pub first_records: u64,
    /// The records of the second result.
    pub second_records: u64,
    /// The records that both have.
    pub both: u64,
    /// The records that only the first result has.
    pub only_first: u64,
    /// The records that only the second result has.
    pub only_second: u64,
    /// The records of both with different most severe consequences.
    pub consequence: u64,
    /// The records of both with different highest impacts.
    pub impact: u64,
    /// The first 200 differences of the requested kind, or of all kinds, by contig and position.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// The number of records that differ in a way.
    pub fn count(&self, kind: DifferenceKind) -> u64 {
        match kind {
            DifferenceKind::OnlyFirst => self.only_first,
            DifferenceKind::OnlySecond => self.only_second,
            DifferenceKind::Consequence => self.consequence,
            DifferenceKind::Impact => self.impact,
        }
    }

    /// The same, to be increased.
    pub fn count_mut(&mut self, kind: DifferenceKind) -> &mut u64 {
        match kind {
            DifferenceKind::OnlyFirst => &mut self.only_first,
            DifferenceKind::OnlySecond => &mut self.only_second,
            DifferenceKind::Consequence => &mut self.consequence,
            DifferenceKind::Impact => &mut self.impact,
        }
    }
}

/// Two jobs of a user and the comparison of their results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedJobs {
    /// The first job.
    pub first: JobView,
    /// The second job.
    pub second: JobView,
    /// The comparison.
    pub comparison: Comparison,
}

impl ComparedJobs {
    /// In what the runs of the jobs differ, as sentences: what may cause differences besides the files.
    pub fn notes(&self) -> Vec<String> {
        let (first, second) = (&self.first, &self.second);
        let mut notes = Vec::new();
        match (provenance(first), provenance(second)) {
            (Some(first), Some(second)) => notes.extend(different_provenance(first, second)),
            _ => notes.push("The reference of one of the results is not recorded.".to_owned()),
        }
        if first.options != second.options {
            notes.push("The options differ.".to_owned());
        }
        notes
    }
}

fn provenance(job: &JobView) -> Option<&Provenance> {
    match &job.state {
        StateView::Completed { provenance, .. } => provenance.as_ref(),
        _ => None,
    }
}

fn different_provenance(first: &Provenance, second: &Provenance) -> Vec<String> {
    let mut notes = Vec::new();
    if first.assembly != second.assembly {
        notes.push(format!(
            "The assemblies differ ({} and {}): the same position means another place, so records cannot be matched.",
            first.assembly, second.assembly
        ));
    }
    if first.reference != second.reference {
        let (first, second) = (&first.reference, &second.reference);
        notes.push(format!("The references differ: {first} and {second}."));
    } else if first.reference_sha256 != second.reference_sha256 {
        notes.push(format!("The content of the reference {} has changed.", first.reference));
    }
    if first.engine != second.engine {
        let name = |engine: &Option<String>| engine.clone().unwrap_or_else(|| "unknown".to_owned());
        let (first, second) = (name(&first.engine), name(&second.engine));
        notes.push(format!("The versions of the engine differ: {first} and {second}."));
    }
    let sources = |provenance: &Provenance| {
        provenance.sources.iter().map(|source| source.id.clone()).collect::<Vec<_>>()
    };
    if sources(first) != sources(second) {
        notes.push("The sources differ.".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(consequence: &str, impact: Impact) -> Option<AnnotatedRecord> {
        let consequence = Some(consequence.to_owned());
        Some(AnnotatedRecord { consequence, impact: Some(impact), ..AnnotatedRecord::default() })
    }

    #[test]
    fn a_difference_has_its_kinds() {
        let of = |first: &Option<AnnotatedRecord>, second: &Option<AnnotatedRecord>| {
            let (first, second) = (first.clone(), second.clone());
            let difference = Difference { first, second, ..Difference::default() };
            assert_eq!(difference.is_none(), difference.kinds().count() == 0);
            difference.kinds().collect::<Vec<_>>()
        };
        let stop = record("stop_gained", Impact::High);
        let frameshift = record("frameshift_variant", Impact::High);
        let intron = record("intron_variant", Impact::Modifier);
        assert_eq!(of(&stop, &stop), []);
        assert_eq!(of(&stop, &None), [DifferenceKind::OnlyFirst]);
        assert_eq!(of(&None, &stop), [DifferenceKind::OnlySecond]);
        assert_eq!(of(&stop, &frameshift), [DifferenceKind::Consequence]);
        assert_eq!(of(&stop, &intron), [DifferenceKind::Consequence, DifferenceKind::Impact]);
    }

    #[test]
    fn kinds_have_one_spelling_in_text_and_json() {
        for kind in DifferenceKind::ALL {
            assert_eq!(kind.as_str().parse::<DifferenceKind>().unwrap(), kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            let mut comparison = Comparison::default();
            *comparison.count_mut(kind) += 7;
            assert_eq!(comparison.count(kind), 7);
        }
        assert!("same".parse::<DifferenceKind>().is_err());
    }

    #[test]
    fn what_differs_between_two_runs_is_named() {
        let provenance = |reference: &str, assembly: &str, engine: &str| Provenance {
            reference: reference.parse().unwrap(),
            reference_sha256: crate::reference::Sha256::from_bytes([7; 32]),
            assembly: assembly.to_owned(),
            gene_set: None,
            engine: Some(engine.to_owned()),
            sources: Vec::new(),
        };
        let one = provenance("homo_sapiens/GRCh38/ensembl-115", "GRCh38", "gas-annotate 0.1.0");
        assert_eq!(different_provenance(&one, &one), Vec::<String>::new());
        let other = provenance("homo_sapiens/GRCh37/ensembl-87", "GRCh37", "gas-annotate 0.2.0");
        let notes = different_provenance(&one, &other);
        assert_eq!(notes.len(), 3, "{notes:?}");
        assert!(notes[0].contains("GRCh38 and GRCh37"), "{notes:?}");
        assert!(notes[1].contains("ensembl-87") && notes[2].contains("0.2.0"), "{notes:?}");
    }
}
