//! The port of catalogs: content that is named by its digest, and entries that name it.

use super::{PortError, PortResult};
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::catalog::{CatalogEntry, CatalogFile};
use gas_shared::reference::{ReferenceManifest, Sha256};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Digest;
use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// An identifier of a catalog. Its text has three parts with `/` between them, and is safe in paths and object keys.
pub trait CatalogId:
    Clone + fmt::Debug + fmt::Display + Ord + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The manifests of the catalog.
    type Manifest: Manifest<Id = Self>;
    /// What an identifier stands for, as a word.
    const KIND: &'static str;
    /// The folder of the catalog in a bucket.
    const FOLDER: &'static str;
}

/// A manifest: it says which files belong to an identifier.
pub trait Manifest:
    Clone + fmt::Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The identifiers of the catalog.
    type Id: CatalogId<Manifest = Self>;

    /// The identifier.
    fn id(&self) -> &Self::Id;

    /// The files.
    fn files(&self) -> Cow<'_, [CatalogFile]>;

    /// Why this program cannot use the manifest, if it cannot.
    fn problem(&self) -> Option<String>;
}

/// A catalog of references or sources.
///
/// Objects (files) and manifests are named by their digests and never change; the same
/// content is stored once. The entries are the only mutable part. What is read is verified: an adapter
/// returns an error instead of content that differs from its digest.
#[async_trait]
pub trait Catalog<M: Manifest>: Send + Sync {
    /// All entries in the order of their identifiers.
    async fn list(&self) -> PortResult<Vec<CatalogEntry<M::Id>>>;

    /// The entry of an identifier; `None` if the catalog does not have it.
    async fn entry(&self, id: &M::Id) -> PortResult<Option<CatalogEntry<M::Id>>>;

    /// A manifest, or `None` if it does not exist.
    async fn manifest(&self, digest: &Sha256) -> PortResult<Option<StoredManifest<M>>>;

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
    async fn fetch_object(&self, file: &CatalogFile, to: &Path) -> PortResult<()>;

    /// Stores a local file as an object, unless the object exists.
    ///
    /// # Errors
    /// If the file has not the size and digest of `file`.
    async fn put_object(&self, from: &Path, file: &CatalogFile) -> PortResult<()>;

    /// Stores a manifest.
    async fn put_manifest(&self, manifest: &StoredManifest<M>) -> PortResult<()>;

    /// Creates or replaces an entry.
    async fn put_entry(&self, entry: &CatalogEntry<M::Id>) -> PortResult<()>;

    /// Deletes an entry. Deleting an absent entry succeeds.
    async fn delete_entry(&self, id: &M::Id) -> PortResult<()>;

    /// Deletes an object. Deleting an absent object succeeds.
    async fn delete_object(&self, object: &Sha256) -> PortResult<()>;
}

/// A manifest with its bytes as stored, which its digest is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredManifest<M = ReferenceManifest> {
    /// The digest of the bytes.
    pub digest: Sha256,
    /// The manifest.
    pub manifest: M,
    /// The JSON text.
    pub json: Bytes,
}

impl<M: Manifest> StoredManifest<M> {
    /// The stored form of a manifest.
    ///
    /// # Errors
    /// If the manifest has a [problem](Manifest::problem).
    pub fn new(manifest: M) -> PortResult<Self> {
        let action = || format!("write the manifest of {}", manifest.id());
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
        let action = || format!("read manifest {digest} of a {}", M::Id::KIND);
        if digest_of(&json) != *digest {
            return Err(PortError::permanent(action(), "it differs from its digest"));
        }
        let manifest: M =
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
