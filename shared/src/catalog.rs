//! Catalogs: what the catalogs of references and of sources have in common.

use crate::sha256::Sha256;
use serde::{Deserialize, Serialize};

/// The entry of a catalog, its only mutable part: which manifest an identifier stands for, and whether new jobs may
/// use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogEntry<I> {
    /// The identifier.
    pub id: I,
    /// The digest of the manifest.
    pub manifest: Sha256,
    /// Whether new jobs may use it.
    pub state: EntryState,
    /// The digests of earlier manifests of this identifier, oldest first. Results of earlier jobs name
    /// them.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Sha256>,
}

/// Whether new jobs may use what an entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// New jobs may use it.
    Active,
    /// Only for looking up what earlier jobs used; everything is kept.
    Retired,
}

impl EntryState {
    /// The state as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

/// A file that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogFile {
    /// The name within the folder of a reference or source.
    pub name: String,
    /// The size in bytes.
    pub bytes: u64,
    /// The digest of the content.
    pub sha256: Sha256,
}
