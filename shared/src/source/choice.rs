//! The sources that users can choose for a job.

use super::{SourceColumn, SourceId, SourceManifest};
use crate::reference::Sha256;
use serde::{Deserialize, Serialize};

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
}
