//! A catalog in an object store, with the same names as in a folder.

use super::checksum::{differs, verify};
use crate::ports::{
    Catalog, CatalogId, Manifest, ObjectStore, PortError, PortResult, StoredManifest,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use gas_shared::catalog::{CatalogEntry, CatalogFile};
use gas_shared::job::ObjectLocation;
use gas_shared::reference::{ReferenceManifest, Sha256};
use sha2::Digest;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

const JSON: &str = "application/json";
const BINARY: &str = "application/octet-stream";

/// Far more than a manifest or an entry has.
const MAX_DOCUMENT_BYTES: u64 = 64 * 1024 * 1024;

/// The size of a range of an object, and the number of ranges read at the same time. Together they are
/// the memory of a fetch.
const RANGE_BYTES: u64 = 8 * 1024 * 1024;
const PARALLEL_RANGES: usize = 4;

/// The number of entries read at the same time. They are small.
const PARALLEL_ENTRIES: usize = 32;

/// The attempts at a range, and the pause before the second; each further one is twice as long. The SDK
/// repeats requests, but not a response that breaks off.
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// A catalog in a bucket.
#[derive(Clone)]
pub struct ObjectCatalog<M = ReferenceManifest> {
    objects: Arc<dyn ObjectStore>,
    bucket: String,
    /// `<prefix of the deployment>/references`, or `sources`.
    prefix: String,
    kind: PhantomData<fn() -> M>,
}

impl<M: Manifest> ObjectCatalog<M> {
    /// The catalog of the deployment with a prefix, in a bucket.
    pub fn new(objects: Arc<dyn ObjectStore>, bucket: &str, prefix: &str) -> Self {
        let prefix = format!("{prefix}/{}", M::Id::FOLDER);
        Self { objects, bucket: bucket.to_owned(), prefix, kind: PhantomData }
    }

    /// The location of an object.
    pub fn object(&self, digest: &Sha256) -> ObjectLocation {
        self.location(&format!("objects/sha256/{digest}"))
    }

    fn manifest_location(&self, digest: &Sha256) -> ObjectLocation {
        self.location(&format!("manifests/{digest}.json"))
    }

    fn entry_location(&self, id: &M::Id) -> ObjectLocation {
        self.location(&format!("entries/{id}.json"))
    }

    fn location(&self, name: &str) -> ObjectLocation {
        ObjectLocation { bucket: self.bucket.clone(), key: format!("{}/{name}", self.prefix) }
    }

    async fn read_entry(
        &self,
        location: &ObjectLocation,
    ) -> PortResult<Option<CatalogEntry<M::Id>>> {
        let Some(json) = self.objects.read_head(location, MAX_DOCUMENT_BYTES).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|error| PortError::permanent(format!("read entry {}", location.key), error))
    }

    async fn read_range(
        &self,
        object: &ObjectLocation,
        offset: u64,
        length: u64,
    ) -> PortResult<Bytes> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.objects.read_range(object, offset, length).await {
                Err(error) if error.is_outage() => sleep(pause).await,
                read => return read,
            }
            pause *= 2;
        }
        self.objects.read_range(object, offset, length).await
    }

    async fn write_ranges(&self, file: &CatalogFile, mut local: File) -> PortResult<()> {
        let failed = |error| PortError::new(fetching(file), error);
        let object = &self.object(&file.sha256);
        let mut hash = sha2::Sha256::new();
        let ranges = stream::iter((0..file.bytes).step_by(RANGE_BYTES as usize))
            .map(|offset| self.read_range(object, offset, RANGE_BYTES.min(file.bytes - offset)));
        let mut ranges = ranges.buffered(PARALLEL_RANGES);
        while let Some(bytes) = ranges.try_next().await? {
            hash.update(&bytes);
            local.write_all(&bytes).await.map_err(failed)?;
        }
        local.sync_all().await.map_err(failed)?;
        let digest = Sha256::from_bytes(hash.finalize().into());
        match differs(file, file.bytes, &digest) {
            Some(error) => Err(PortError::permanent(fetching(file), error)),
            None => Ok(()),
        }
    }
}

fn fetching(file: &CatalogFile) -> String {
    format!("fetch object {}", file.sha256)
}

#[async_trait]
impl<M: Manifest> Catalog<M> for ObjectCatalog<M> {
    async fn list(&self) -> PortResult<Vec<CatalogEntry<M::Id>>> {
        let prefix = format!("{}/entries/", self.prefix);
        let files = self.objects.list(&self.bucket, &prefix).await?;
        let reads = stream::iter(files)
            .map(|file| async move { self.read_entry(&file).await })
            .buffered(PARALLEL_ENTRIES);
        // An entry that was deleted since the list was made is not there.
        let mut entries: Vec<_> =
            reads.try_collect::<Vec<_>>().await?.into_iter().flatten().collect();
        entries.sort_by(|one: &CatalogEntry<M::Id>, other| one.id.cmp(&other.id));
        Ok(entries)
    }

    async fn entry(&self, id: &M::Id) -> PortResult<Option<CatalogEntry<M::Id>>> {
        self.read_entry(&self.entry_location(id)).await
    }

    async fn manifest(&self, digest: &Sha256) -> PortResult<Option<StoredManifest<M>>> {
        let json =
            self.objects.read_head(&self.manifest_location(digest), MAX_DOCUMENT_BYTES).await?;
        json.map(|json| StoredManifest::read(digest, json.into())).transpose()
    }

    async fn object_size(&self, object: &Sha256) -> PortResult<Option<u64>> {
        Ok(self.objects.head(&self.object(object)).await?.map(|info| info.size))
    }

    async fn read_object(&self, object: &Sha256, offset: u64, length: u64) -> PortResult<Bytes> {
        self.objects.read_range(&self.object(object), offset, length).await
    }

    async fn fetch_object(&self, file: &CatalogFile, to: &Path) -> PortResult<()> {
        let local = File::create_new(to).await;
        let local = local.map_err(|error| PortError::new(fetching(file), error))?;
        let fetched = self.write_ranges(file, local).await;
        if fetched.is_err() {
            // The first error matters.
            let _ = tokio::fs::remove_file(to).await;
        }
        fetched
    }

    async fn put_object(&self, from: &Path, file: &CatalogFile) -> PortResult<()> {
        if self.object_size(&file.sha256).await? == Some(file.bytes) {
            return Ok(());
        }
        let action = || format!("store object {}", file.sha256);
        let (path, expected) = (from.to_owned(), file.clone());
        tokio::task::spawn_blocking(move || verify(&path, &expected))
            .await
            .map_err(|error| PortError::new(action(), error))?
            .map_err(|error| PortError::permanent(action(), error))?;
        self.objects.store(from, &self.object(&file.sha256), BINARY).await.map(drop)
    }

    async fn put_manifest(&self, manifest: &StoredManifest<M>) -> PortResult<()> {
        let location = self.manifest_location(&manifest.digest);
        self.objects.write(&location, manifest.json.clone(), JSON).await
    }

    async fn put_entry(&self, entry: &CatalogEntry<M::Id>) -> PortResult<()> {
        let action = || format!("store the entry of {}", entry.id);
        let json = serde_json::to_vec_pretty(entry)
            .map_err(|error| PortError::permanent(action(), error))?;
        self.objects.write(&self.entry_location(&entry.id), json.into(), JSON).await
    }

    async fn delete_entry(&self, id: &M::Id) -> PortResult<()> {
        self.objects.delete(&self.entry_location(id)).await
    }

    async fn delete_object(&self, object: &Sha256) -> PortResult<()> {
        self.objects.delete(&self.object(object)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{FakeObjects, catalog_contract, reference_manifest, source_manifest};
    use gas_shared::source::SourceManifest;

    async fn check<M: Manifest>(manifest: impl Fn(&str, CatalogFile) -> M) {
        let folder = tempfile::tempdir().unwrap();
        let objects = Arc::new(FakeObjects::default());
        let catalog = ObjectCatalog::<M>::new(objects.clone(), "bucket", "gas");
        let damage = async |digest: &Sha256| {
            let location = catalog.object(digest);
            let length = objects.get(&location).unwrap().len();
            objects.put(&location, &vec![b'?'; length]);
        };
        catalog_contract(&catalog, folder.path(), manifest, damage).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_fake_object_store_fulfills_the_contract_of_the_catalog() {
        check(|id, file| reference_manifest(id, vec![file])).await;
        check::<SourceManifest>(source_manifest).await;
    }

    #[test]
    fn references_and_sources_of_a_bucket_have_folders_of_their_own() {
        let digest = Sha256::from_bytes([1; 32]);
        let objects = Arc::new(FakeObjects::default());
        let reference: ObjectCatalog = ObjectCatalog::new(objects.clone(), "bucket", "gas");
        let source = ObjectCatalog::<SourceManifest>::new(objects, "bucket", "gas");
        assert!(reference.object(&digest).key.starts_with("gas/references/objects/"));
        assert!(source.object(&digest).key.starts_with("gas/sources/objects/"));
    }

    #[tokio::test]
    async fn an_object_of_several_ranges_is_fetched_whole() {
        let folder = tempfile::tempdir().unwrap();
        let catalog: ObjectCatalog =
            ObjectCatalog::new(Arc::new(FakeObjects::default()), "bucket", "gas");
        let content: Vec<u8> = (0..RANGE_BYTES as usize * 5 + 3).map(|n| (n % 251) as u8).collect();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        std::fs::write(&from, &content).unwrap();
        let (bytes, sha256) = super::super::checksum(&from).unwrap();
        let file = CatalogFile { name: "sequence.bin".to_owned(), bytes, sha256 };
        catalog.put_object(&from, &file).await.unwrap();
        catalog.fetch_object(&file, &to).await.unwrap();
        assert!(std::fs::read(&to).unwrap() == content);
    }
}
