//! The ports of references: the catalog, and what of it jobs can choose.

use super::{PortError, PortResult};
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::reference::{
    ReferenceChoices, ReferenceEntry, ReferenceFile, ReferenceId, ReferenceManifest, Sha256,
};
use sha2::Digest;
use std::path::Path;
use std::sync::Arc;

/// The catalog of references.
///
/// Objects (files of references) and manifests are named by their digests and never change; the same
/// content is stored once. The entries are the only mutable part. What is read is verified: an adapter
/// returns an error instead of content that differs from its digest.
#[async_trait]
pub trait ReferenceCatalog: Send + Sync {
    /// All entries in the order of their identifiers.
    async fn list(&self) -> PortResult<Vec<ReferenceEntry>>;

    /// The entry of a reference, or `None` if there is none.
    async fn entry(&self, id: &ReferenceId) -> PortResult<Option<ReferenceEntry>>;

    /// A manifest, or `None` if it does not exist.
    async fn manifest(&self, digest: &Sha256) -> PortResult<Option<StoredManifest>>;

    /// The size of an object in bytes, or `None` if it does not exist.
    async fn object_size(&self, object: &Sha256) -> PortResult<Option<u64>>;

    /// Exactly `length` bytes (at least one) of an object, from `offset`. A range is not verified.
    ///
    /// # Errors
    /// If the object does not exist or ends before the range does.
    async fn read_object(&self, object: &Sha256, offset: u64, length: u64) -> PortResult<Bytes>;

    /// Stores the content of an object in a local file that does not exist yet. The file may share its
    /// storage with the catalog, so it must not be written to.
    ///
    /// # Errors
    /// If the object does not exist, or has not the size and digest of `file`.
    async fn fetch_object(&self, file: &ReferenceFile, to: &Path) -> PortResult<()>;

    /// Stores a local file as an object, unless the object exists.
    ///
    /// # Errors
    /// If the file has not the size and digest of `file`.
    async fn put_object(&self, from: &Path, file: &ReferenceFile) -> PortResult<()>;

    /// Stores a manifest.
    async fn put_manifest(&self, manifest: &StoredManifest) -> PortResult<()>;

    /// Creates or replaces an entry.
    async fn put_entry(&self, entry: &ReferenceEntry) -> PortResult<()>;

    /// Deletes an entry. Deleting an absent entry succeeds.
    async fn delete_entry(&self, id: &ReferenceId) -> PortResult<()>;

    /// Deletes an object. Deleting an absent object succeeds.
    async fn delete_object(&self, object: &Sha256) -> PortResult<()>;
}

/// The references of this deployment that jobs can choose.
#[async_trait]
pub trait References: Send + Sync {
    /// The active references. What operators change may be seen after a minute only.
    async fn choices(&self) -> PortResult<Arc<ReferenceChoices>>;
}

/// A manifest with its bytes as stored, which its digest is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredManifest {
    /// The digest of the bytes.
    pub digest: Sha256,
    /// The manifest.
    pub manifest: ReferenceManifest,
    /// The JSON text.
    pub json: Bytes,
}

impl StoredManifest {
    /// The stored form of a manifest.
    ///
    /// # Errors
    /// If the manifest has a [problem](ReferenceManifest::problem).
    pub fn new(manifest: ReferenceManifest) -> PortResult<Self> {
        let action = || format!("write the manifest of {}", manifest.id);
        if let Some(problem) = manifest.problem() {
            return Err(PortError::permanent(action(), problem));
        }
        let mut json = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| PortError::permanent(action(), error))?;
        json.push(b'\n');
        Ok(Self { digest: digest_of(&json), manifest, json: json.into() })
    }

    /// Reads a manifest and verifies its digest.
    ///
    /// # Errors
    /// If the bytes differ from the digest, or are no manifest that this program can use.
    pub fn read(digest: &Sha256, json: Bytes) -> PortResult<Self> {
        let action = || format!("read manifest {digest} of a reference");
        if digest_of(&json) != *digest {
            return Err(PortError::permanent(action(), "it differs from its digest"));
        }
        let manifest: ReferenceManifest =
            serde_json::from_slice(&json).map_err(|error| PortError::permanent(action(), error))?;
        match manifest.problem() {
            Some(problem) => Err(PortError::permanent(action(), problem)),
            None => Ok(Self { digest: digest.clone(), manifest, json }),
        }
    }
}

fn digest_of(bytes: &[u8]) -> Sha256 {
    Sha256::from_bytes(sha2::Sha256::digest(bytes).into())
}
