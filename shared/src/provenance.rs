//! What a result was made with, besides the options of its job.

use crate::reference::{GeneSet, ReferenceChoice, ReferenceId, Sha256};
use crate::source::{SourceChoice, SourceId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The reference, the sources and the engine of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The reference.
    pub reference: ReferenceId,
    /// The digest of its manifest, since an id can stand for another content later.
    pub reference_sha256: Sha256,
    /// The assembly, such as `GRCh38`.
    pub assembly: String,
    /// The gene set with its release. `None` for a reference that is not from a catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gene_set: Option<GeneSet>,
    /// Name and version of the engine. `None` if the engine does not state them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The sources, in the order of their columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<UsedSource>,
}

/// A source of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedSource {
    /// The source.
    pub id: SourceId,
    /// Name and release, such as `gnomAD exomes 4.1`.
    pub label: String,
    /// The digest of its manifest.
    pub sha256: Sha256,
}

impl UsedSource {
    /// What results of a source state.
    pub fn of(source: &SourceChoice) -> Self {
        let (id, label) = (source.id.clone(), source.label());
        Self { id, label, sha256: source.sha256.clone() }
    }
}

impl Provenance {
    /// The provenance of results of a reference. The engine is added after a run.
    pub fn of(reference: &ReferenceChoice) -> Self {
        Self {
            reference: reference.id.clone(),
            reference_sha256: reference.sha256.clone(),
            assembly: reference.assembly.clone(),
            gene_set: reference.gene_set.clone(),
            engine: None,
            sources: Vec::new(),
        }
    }

    /// The sources in one line for users: `ClinVar 2026-11, gnomAD exomes 4.1`. `None` if there are none.
    pub fn source_labels(&self) -> Option<String> {
        let labels: Vec<&str> = self.sources.iter().map(|source| source.label.as_str()).collect();
        (!labels.is_empty()).then(|| labels.join(", "))
    }
}

/// One line for texts to users: `GRCh38, Ensembl 115 (homo_sapiens/GRCh38/ensembl-115)`.
impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.assembly)?;
        if let Some(gene_set) = &self.gene_set {
            write!(f, ", {gene_set}")?;
        }
        write!(f, " ({})", self.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provenance_is_one_line_for_users() {
        let gene_set = GeneSet { name: "Ensembl".to_owned(), release: "115".to_owned() };
        let provenance = Provenance {
            reference: "homo_sapiens/GRCh38/ensembl-115".parse().unwrap(),
            reference_sha256: Sha256::from_bytes([1; 32]),
            assembly: "GRCh38".to_owned(),
            gene_set: Some(gene_set),
            engine: Some("gas-annotate 0.1.0".to_owned()),
            sources: Vec::new(),
        };
        assert_eq!(provenance.to_string(), "GRCh38, Ensembl 115 (homo_sapiens/GRCh38/ensembl-115)");
        let local = Provenance { gene_set: None, ..provenance };
        assert_eq!(local.to_string(), "GRCh38 (homo_sapiens/GRCh38/ensembl-115)");
    }
}
