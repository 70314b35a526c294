//! Entries of the catalog, its only mutable part.

use super::{ReferenceId, Sha256};
use serde::{Deserialize, Serialize};

/// The entry of a reference: which manifest its identifier stands for, and whether new jobs may use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceEntry {
    /// The identifier.
    pub id: ReferenceId,
    /// The digest of the manifest.
    pub manifest: Sha256,
    /// Whether new jobs may use the reference.
    pub state: ReferenceState,
    /// The digests of earlier manifests of this identifier, oldest first. Results of earlier jobs name
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Sha256>,
}

/// Whether new jobs may use a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceState {
    /// New jobs may use it.
    Active,
    /// Only for looking up what earlier jobs used; everything is kept.
    Retired,
}

impl ReferenceState {
    /// The state as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}
