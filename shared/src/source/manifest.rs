//! Manifests of sources: what a source has, and where it is from.

use super::{SourceColumn, SourceId};
use crate::catalog::CatalogFile;
use crate::reference::Sha256;
use serde::{Deserialize, Serialize};

/// The version of the manifest's format.
pub const SOURCE_MANIFEST_VERSION: u32 = 1;

/// The name of the only file of a source in its folder.
pub const SOURCE_FILE_NAME: &str = "source.gas";

/// The manifest of a published source. It never changes: another content has another digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceManifest {
    /// The version of the manifest's format, [`SOURCE_MANIFEST_VERSION`].
    pub version: u32,
    /// The identifier.
    pub id: SourceId,
    /// The name that users see, such as `gnomAD exomes`.
    pub name: String,
    /// The release of the data, such as `4.1` or a date.
    pub release: String,
    /// The columns that a result has of it.
    pub columns: Vec<SourceColumn>,
    /// The number of rows.
    pub rows: u64,
    /// The digest of the source file.
    pub sha256: Sha256,
    /// The size of the source file in bytes.
    pub bytes: u64,
    /// The license of the data, by name or address.
    pub license: String,
    /// What a publication that uses the source should cite.
    pub attribution: String,
    /// Whether the license forbids commercial use.
    pub noncommercial: bool,
    /// What the source was built from.
    pub inputs: Vec<SourceInput>,
}

/// A file that a source was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceInput {
    /// The file name.
    pub file: String,
    /// The digest of the file as it was read.
    pub sha256: Sha256,
    /// The address from which it was downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl SourceManifest {
    /// Why this program cannot use the manifest, if it cannot: it is of a newer version.
    pub fn problem(&self) -> Option<String> {
        let version = self.version;
        (version != SOURCE_MANIFEST_VERSION).then(|| {
            format!(
                "the manifest has version {version}; this program reads {SOURCE_MANIFEST_VERSION}"
            )
        })
    }

    /// The only file of the source, as the catalog names it.
    pub fn file(&self) -> CatalogFile {
        let (name, sha256) = (SOURCE_FILE_NAME.to_owned(), self.sha256.clone());
        CatalogFile { name, bytes: self.bytes, sha256 }
    }

    /// Name and release, such as `gnomAD exomes 4.1`.
    pub fn label(&self) -> String {
        format!("{} {}", self.name, self.release)
    }
}
