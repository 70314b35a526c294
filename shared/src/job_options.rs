//! The options of a job: which reference annotates the file, and which annotations are written.
//!
//! The names of all values are the same in the REST API, in stored jobs and on the command line of the
//! engine (`gas-annotate annotate --transcripts … --select … --layout …`).

use crate::reference::ReferenceId;
use crate::source::{ANY_ASSEMBLY, SourceId};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What a user chooses for a job. `{}` stands for the defaults.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobOptions {
    /// The id of the reference. Without it, the file is annotated with the default one of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<String>, example = "homo_sapiens/GRCh38/ensembl-115")
    )]
    pub reference: Option<ReferenceId>,
    /// The transcripts to annotate with.
    pub transcripts: Transcripts,
    /// Which of an allele's annotations are written.
    pub selection: Selection,
    /// The annotation format.
    pub layout: Layout,
    /// Whether HGVS descriptions are written.
    pub hgvs: bool,
    /// The ids of the sources to annotate with; an empty list stands for none. Without it, the file is annotated with all
    /// sources that fit the reference, except those whose license forbids commercial use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<Vec<String>>, example = json!(["clinvar/GRCh38/2026-11"]))
    )]
    pub sources: Option<Vec<SourceId>>,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self {
            reference: None,
            transcripts: Transcripts::default(),
            selection: Selection::default(),
            layout: Layout::default(),
            hgvs: true,
            sources: None,
        }
    }
}

impl JobOptions {
    /// Whether these are the default options.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The options for a file with a reference of an assembly, if it is known. Sources that were chosen for another assembly
    /// are replaced by the default ones.
    #[must_use]
    pub fn for_assembly(mut self, assembly: Option<&str>) -> Self {
        let fits = |id: &SourceId| match assembly {
            Some(assembly) => id.fits_assembly(assembly),
            None => id.assembly() == ANY_ASSEMBLY,
        };
        self.sources = self.sources.filter(|sources| sources.iter().all(fits));
        self
    }

    /// The assembly of the chosen sources, if any of them is of one.
    pub fn assembly_of_sources(&self) -> Option<&str> {
        let assemblies = self.sources.iter().flatten().map(SourceId::assembly);
        assemblies.into_iter().find(|assembly| *assembly != ANY_ASSEMBLY)
    }

    /// Checks that the options can be combined.
    ///
    /// # Errors
    /// [`OptionConflict`] if they cannot.
    pub fn check(&self) -> Result<(), OptionConflict> {
        if self.layout == Layout::Bcsq && self.selection != Selection::All {
            return Err(OptionConflict::Selection { selection: self.selection });
        }
        if self.sources.as_ref().is_some_and(|sources| sources.len() > MAX_SOURCES) {
            return Err(OptionConflict::TooManySources);
        }
        Ok(())
    }
}

/// The most sources of a job.
pub const MAX_SOURCES: usize = 32;

/// Options that cannot be combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionConflict {
    /// A selection of haplotypes.
    #[error(
        "the layout bcsq describes haplotypes, of which none can be selected; use the selection all \
         instead of {selection}, or the layout csq or ann"
    )]
    Selection {
        /// The selection.
        selection: Selection,
    },
    /// More sources than [`MAX_SOURCES`].
    #[error("a job can have at most {most} sources; choose fewer", most = MAX_SOURCES)]
    TooManySources,
}

/// The transcripts that a file is annotated with.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Transcripts {
    /// All transcripts of the reference.
    #[default]
    All,
    /// MANE Select, MANE Plus Clinical and Ensembl canonical transcripts.
    ManeCanonical,
    /// Transcripts with a coding sequence.
    Coding,
}

/// Which of the annotations of an allele are written. An annotation is the consequence of an allele on
/// one transcript.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Selection {
    /// One for each transcript.
    #[default]
    All,
    /// The one that is first in VEP's order.
    Pick,
    /// All; the one that is first in VEP's order is marked.
    FlagPick,
    /// The first one of each gene.
    PerGene,
    /// The most severe consequence, without the transcript.
    MostSevere,
}

/// The annotation format of the result.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Layout {
    /// INFO/CSQ of Ensembl VEP.
    #[default]
    Csq,
    /// INFO/ANN of SnpEff.
    Ann,
    /// INFO/BCSQ of `bcftools csq`: the consequences of haplotypes.
    Bcsq,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    fn assert_names<T>(expected: &[&str])
    where
        T: VariantArray + Display + FromStr + Serialize + PartialEq + Debug + Copy,
        T: serde::de::DeserializeOwned,
    {
        let names: Vec<String> = T::VARIANTS.iter().map(ToString::to_string).collect();
        assert_eq!(names, expected);
        for (value, name) in T::VARIANTS.iter().zip(expected) {
            assert_eq!(name.parse::<T>().ok(), Some(*value));
            assert_eq!(serde_json::to_value(value).unwrap(), *name);
            assert_eq!(serde_json::from_value::<T>((*name).into()).unwrap(), *value);
        }
        assert!("ALL ".parse::<T>().is_err());
    }

    #[test]
    fn names_are_the_same_in_text_and_json() {
        assert_names::<Transcripts>(&["all", "mane-canonical", "coding"]);
        assert_names::<Selection>(&["all", "pick", "flag-pick", "per-gene", "most-severe"]);
        assert_names::<Layout>(&["csq", "ann", "bcsq"]);
    }

    #[test]
    fn an_empty_object_stands_for_the_defaults_and_values_round_trip() {
        let defaults: JobOptions = serde_json::from_str("{}").unwrap();
        assert_eq!(defaults, JobOptions::default());
        assert!(defaults.hgvs && defaults.reference.is_none());
        let options = JobOptions {
            reference: Some("homo_sapiens/GRCh38/ensembl-115".parse().unwrap()),
            transcripts: Transcripts::ManeCanonical,
            selection: Selection::FlagPick,
            layout: Layout::Ann,
            hgvs: false,
            sources: Some(vec!["clinvar/GRCh38/2026-11".parse().unwrap()]),
        };
        let none = JobOptions { sources: Some(Vec::new()), ..JobOptions::default() };
        assert_ne!(none, defaults);
        for options in [defaults, options, none] {
            let json = serde_json::to_string(&options).unwrap();
            assert_eq!(serde_json::from_str::<JobOptions>(&json).unwrap(), options);
        }
    }

    #[test]
    fn sources_of_another_assembly_are_replaced_by_the_default_ones() {
        let with = |ids: &[&str]| JobOptions {
            sources: Some(ids.iter().map(|id| id.parse().unwrap()).collect()),
            ..JobOptions::default()
        };
        let human = with(&["clinvar/GRCh38/2026-11", "constraint/any/4.1"]);
        assert_eq!(human.assembly_of_sources(), Some("GRCh38"));
        assert_eq!(human.clone().for_assembly(Some("hg38")), human);
        assert_eq!(human.clone().for_assembly(Some("GRCh37")).sources, None);
        assert_eq!(human.for_assembly(None).sources, None);
        for any in [with(&[]), with(&["constraint/any/4.1"])] {
            assert_eq!(any.clone().for_assembly(Some("GRCh37")), any);
            assert_eq!(any.clone().for_assembly(None), any);
        }
    }

    #[test]
    fn an_unknown_option_or_value_is_rejected_by_name() {
        let error = |json| serde_json::from_str::<JobOptions>(json).unwrap_err().to_string();
        assert!(error(r#"{"transcript": "all"}"#).contains("unknown field `transcript`"));
        assert!(error(r#"{"selection": "worst"}"#).contains("expected one of `all`, `pick`"));
        assert!(error(r#"{"reference": "GRCh38"}"#).contains("is not a reference id"));
    }

    #[test]
    fn haplotypes_cannot_be_selected() {
        let haplotypes = JobOptions { layout: Layout::Bcsq, ..JobOptions::default() };
        assert_eq!(haplotypes.check(), Ok(()));
        for selection in Selection::VARIANTS {
            let options = JobOptions { selection: *selection, ..haplotypes.clone() };
            assert_eq!(options.check().is_ok(), *selection == Selection::All, "{selection}");
        }
    }
}
