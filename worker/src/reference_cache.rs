//! The references and sources on this machine: a folder of bounded size, filled from their catalogs.
//!
//! | name | content |
//! |---|---|
//! | `objects/<digest>` | files of references and sources, each once |
//! | `bundles/<manifest digest>/` | references and sources as the engine opens them: links to objects |
//! | `incoming/` | the reference that is being fetched |
//! | `locks/<manifest digest>` | shared lock: in use; modification time: last use |
//! | `download.lock` | exclusive lock: one process fetches or removes |
//!
//! Locks are those of the kernel (flock), so they end with their process. All workers of a machine may
//! share the folder: however many jobs need a reference, one of them fetches it and the others wait.

use gas_backend::ports::{Catalog, CatalogId, Manifest, PortError, StoredManifest};
use gas_shared::catalog::CatalogFile;
use gas_shared::reference::{ReferenceManifest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::sleep;

/// How often a lock that another job or process has is tried again.
const LOCK_POLL: Duration = Duration::from_millis(100);

/// Objects are shared by several references or sources.
const READ_ONLY: u32 = 0o444;

/// A cache of what a catalog has. Caches of several catalogs can have one folder and limit.
#[derive(Clone)]
pub(crate) struct CatalogCache<M> {
    folder: PathBuf,
    limit: u64,
    catalog: Arc<dyn Catalog<M>>,
}

/// A cache of references.
pub(crate) type ReferenceCache = CatalogCache<ReferenceManifest>;

/// A reference or source in use. It is not removed from the cache as long as this value lives.
#[derive(Debug)]
pub(crate) struct CacheLease {
    folder: PathBuf,
    // The lock is released when the file is closed.
    _lock: File,
}

impl CacheLease {
    /// The folder of the reference or source.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Why a reference or source is not in the cache.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CacheError {
    #[error(
        "{kind} {id} has {bytes} bytes, but the cache may have only {limit}; raise GAS_REFERENCE_CACHE_MIB"
    )]
    TooLarge { kind: &'static str, id: String, bytes: u64, limit: u64 },
    #[error(
        "the cache has no space for the {bytes} bytes of {kind} {id}, since running jobs use what is in it; \
         raise GAS_REFERENCE_CACHE_MIB"
    )]
    Full { kind: &'static str, id: String, bytes: u64 },
    #[error(transparent)]
    Catalog(#[from] PortError),
    #[error("the cache of references and sources failed")]
    File(#[from] io::Error),
}

impl<M: Manifest> CatalogCache<M> {
    /// A cache in a folder, of at most `limit` bytes.
    pub(crate) fn new(
        folder: impl Into<PathBuf>,
        limit: u64,
        catalog: Arc<dyn Catalog<M>>,
    ) -> Self {
        Self { folder: folder.into(), limit, catalog }
    }

    /// A reference or source for the duration of the lease. It is fetched from the catalog unless it is there; those
    /// that were not used for longest are removed if their space is needed.
    pub(crate) async fn acquire(
        &self,
        wanted: &StoredManifest<M>,
    ) -> Result<CacheLease, CacheError> {
        for name in ["objects", "bundles", "incoming", "locks"] {
            fs::create_dir_all(self.folder.join(name))?;
        }
        loop {
            if let Some(lease) = self.lease(&wanted.digest).await? {
                return Ok(lease);
            }
            let lock = open_lock(&self.folder.join("download.lock"))?;
            wait_for(|| lock.try_lock()).await?;
            // Another job may have fetched it in the meantime.
            if !self.bundle(&wanted.digest).exists() {
                self.fetch(wanted).await?;
            }
        }
    }

    /// A lease, if the content of a manifest is in the cache.
    async fn lease(&self, digest: &Sha256) -> io::Result<Option<CacheLease>> {
        let lock = open_lock(&self.lock_path(digest))?;
        wait_for(|| lock.try_lock_shared()).await?;
        let folder = self.bundle(digest);
        if !folder.exists() {
            return Ok(None);
        }
        lock.set_modified(SystemTime::now())?;
        Ok(Some(CacheLease { folder, _lock: lock }))
    }

    /// Fetches the content of a manifest. The caller has the download lock.
    async fn fetch(&self, wanted: &StoredManifest<M>) -> Result<(), CacheError> {
        let files = wanted.manifest.files().into_owned();
        let (kind, id) = (M::Id::KIND, wanted.manifest.id().to_string());
        let bytes = files.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
        if bytes > self.limit {
            return Err(CacheError::TooLarge { kind, id, bytes, limit: self.limit });
        }
        let (cache, needed) = (self.clone(), files.clone());
        let has_space = blocking(move || cache.make_space(&needed)).await?;
        if !has_space {
            return Err(CacheError::Full { kind, id, bytes });
        }
        tracing::info!(kind, %id, bytes, "content of a catalog is fetched");
        // A name that no earlier download has, of which a thread may still be writing.
        let incoming = tempfile::tempdir_in(self.folder.join("incoming"))?;
        for file in &files {
            self.place(file, &incoming.path().join(&file.name)).await?;
        }
        File::open(incoming.path())?.sync_all()?;
        fs::set_permissions(incoming.path(), Permissions::from_mode(0o755))?;
        fs::rename(incoming.path(), self.bundle(&wanted.digest))?;
        File::open(self.folder.join("bundles"))?.sync_all()?;
        tracing::info!(kind, %id, "content of a catalog is ready");
        Ok(())
    }

    /// Links a file to its object, which is fetched unless it is there already.
    async fn place(&self, file: &CatalogFile, to: &Path) -> Result<(), CacheError> {
        let object = self.object(&file.sha256);
        match fs::hard_link(&object, to) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            linked => return Ok(linked?),
        }
        // The catalog verifies the content.
        self.catalog.fetch_object(file, to).await?;
        fs::set_permissions(to, Permissions::from_mode(READ_ONLY))?;
        File::open(to)?.sync_all()?;
        Ok(fs::hard_link(to, object)?)
    }

    /// Removes what no reference or source needs, and then those that are not in use, until the files have
    /// space. `false` if there is not enough.
    fn make_space(&self, files: &[CatalogFile]) -> io::Result<bool> {
        // The caller has the download lock, so all entries are leftovers of killed processes.
        for entry in fs::read_dir(self.folder.join("incoming"))? {
            fs::remove_dir_all(entry?.path())?;
        }
        loop {
            let stored = self.sweep()?;
            let mut seen = HashSet::new();
            let missing = files.iter().filter(|file| {
                seen.insert(&file.sha256) && !stored.contains_key(file.sha256.as_str())
            });
            let missing: u64 = missing.map(|file| file.bytes).sum();
            if stored.values().sum::<u64>().saturating_add(missing) <= self.limit {
                return Ok(true);
            }
            if !self.remove_oldest()? {
                return Ok(false);
            }
        }
    }

    /// Removes objects that no reference or source in the cache has, and returns the names and sizes of the others.
    fn sweep(&self) -> io::Result<HashMap<String, u64>> {
        let mut linked = HashSet::new();
        for bundle in fs::read_dir(self.folder.join("bundles"))? {
            for file in fs::read_dir(bundle?.path())? {
                linked.insert(file?.metadata()?.ino());
            }
        }
        let mut objects = HashMap::new();
        for object in fs::read_dir(self.folder.join("objects"))? {
            let object = object?;
            let metadata = object.metadata()?;
            if linked.contains(&metadata.ino()) {
                objects.insert(object.file_name().to_string_lossy().into_owned(), metadata.len());
            } else {
                fs::remove_file(object.path())?;
            }
        }
        Ok(objects)
    }

    /// Removes the reference or source that was not used for longest and is not in use. `false` if all are in use.
    fn remove_oldest(&self) -> io::Result<bool> {
        let mut bundles = Vec::new();
        for bundle in fs::read_dir(self.folder.join("bundles"))? {
            let bundle = bundle?;
            let lock = open_lock(&self.folder.join("locks").join(bundle.file_name()))?;
            bundles.push((lock.metadata()?.modified()?, bundle.path(), lock));
        }
        bundles.sort_by_key(|(last_use, ..)| *last_use);
        for (_, path, lock) in bundles {
            match lock.try_lock() {
                Ok(()) => {
                    tracing::info!(folder = %path.display(), "content of a catalog is removed from the cache");
                    // Renamed first: a bundle is whole or absent.
                    let removed = tempfile::tempdir_in(self.folder.join("incoming"))?;
                    fs::rename(path, removed.path().join("bundle"))?;
                    removed.close()?;
                    return Ok(true);
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(false)
    }

    fn object(&self, digest: &Sha256) -> PathBuf {
        self.folder.join("objects").join(digest.as_str())
    }

    fn bundle(&self, manifest: &Sha256) -> PathBuf {
        self.folder.join("bundles").join(manifest.as_str())
    }

    fn lock_path(&self, manifest: &Sha256) -> PathBuf {
        self.folder.join("locks").join(manifest.as_str())
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

/// Waits for a lock without blocking the thread, so that a worker that stops does not wait for it.
async fn wait_for(lock: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    loop {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => sleep(LOCK_POLL).await,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

async fn blocking<T: Send + 'static>(
    operation: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(operation).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_backend::catalog::ObjectCatalog;
    use gas_backend::ports::ObjectStore;
    use gas_backend::testkit::{FakeObjects, reference_file, reference_manifest};
    use gas_backend::usecases::catalog;
    use tempfile::TempDir;

    const LIMIT: u64 = 100;

    struct Fixture {
        folder: TempDir,
        objects: Arc<FakeObjects>,
        catalog: Arc<ObjectCatalog>,
    }

    impl Fixture {
        fn new() -> Self {
            let objects = Arc::new(FakeObjects::default());
            let catalog = Arc::new(ObjectCatalog::new(objects.clone(), "bucket", "gas"));
            Self { folder: tempfile::tempdir().unwrap(), objects, catalog }
        }

        /// Each has the locks of its own, as another process has.
        fn cache(&self) -> ReferenceCache {
            let folder = self.folder.path().join("cache");
            ReferenceCache::new(folder, LIMIT, self.catalog.clone())
        }

        /// Adds a reference with a shared file of 10 bytes and one of `bytes` bytes.
        async fn reference(&self, name: &str, bytes: usize) -> StoredManifest {
            let folder = self.folder.path();
            let own = format!("{name}{}", ".".repeat(bytes - name.len()));
            let files = vec![
                reference_file(&folder.join("sequence.bin"), b"ACGTACGTAC"),
                reference_file(&folder.join("models.bin"), own.as_bytes()),
            ];
            let manifest = reference_manifest(&format!("homo_sapiens/GRCh38/{name}"), files);
            let entry = catalog::add(&*self.catalog, folder, manifest, false).await.unwrap();
            catalog::find(&*self.catalog, &entry.id).await.unwrap().1
        }

        fn cached(&self, folder: &str) -> usize {
            fs::read_dir(self.folder.path().join("cache").join(folder)).unwrap().count()
        }
    }

    #[tokio::test]
    async fn a_reference_is_fetched_once_however_many_jobs_wait() {
        let fixture = Fixture::new();
        let reference = fixture.reference("a", 20).await;
        let caches: Vec<_> = (0..8).map(|_| fixture.cache()).collect();
        let jobs = caches.iter().map(|cache| cache.acquire(&reference));
        let leases = futures::future::try_join_all(jobs).await.unwrap();
        for lease in &leases {
            assert_eq!(fs::read(lease.folder().join("sequence.bin")).unwrap(), b"ACGTACGTAC");
            let models = fs::metadata(lease.folder().join("models.bin")).unwrap();
            assert_eq!((models.len(), models.mode() & 0o777), (20, READ_ONLY));
        }
        assert_eq!((fixture.cached("bundles"), fixture.cached("incoming")), (1, 0));
        // It needs the catalog no more.
        for file in &reference.manifest.files {
            fixture.objects.delete(&fixture.catalog.object(&file.sha256)).await.unwrap();
        }
        fixture.cache().acquire(&reference).await.unwrap();
    }

    #[tokio::test]
    async fn references_share_equal_files() {
        let fixture = Fixture::new();
        let (a, b) = (fixture.reference("a", 20).await, fixture.reference("b", 20).await);
        let cache = fixture.cache();
        let (one, other) = (cache.acquire(&a).await.unwrap(), cache.acquire(&b).await.unwrap());
        let inode =
            |lease: &CacheLease, name: &str| fs::metadata(lease.folder().join(name)).unwrap().ino();
        assert_eq!(inode(&one, "sequence.bin"), inode(&other, "sequence.bin"));
        assert_ne!(inode(&one, "models.bin"), inode(&other, "models.bin"));
        assert_eq!(fixture.cached("objects"), 3);
    }

    #[tokio::test]
    async fn the_reference_that_was_not_used_for_longest_gives_way() {
        let fixture = Fixture::new();
        let a = fixture.reference("a", 40).await;
        let b = fixture.reference("b", 40).await;
        let c = fixture.reference("c", 40).await;
        let cache = fixture.cache();
        cache.acquire(&a).await.unwrap();
        cache.acquire(&b).await.unwrap();
        // `a` is now the one used last.
        cache.acquire(&a).await.unwrap();
        cache.acquire(&c).await.unwrap();
        let is_cached = |reference: &StoredManifest| cache.bundle(&reference.digest).exists();
        assert_eq!((is_cached(&a), is_cached(&b), is_cached(&c)), (true, false, true));
        assert_eq!(fixture.cached("objects"), 3);
        cache.acquire(&b).await.unwrap();
        assert_eq!((is_cached(&a), is_cached(&b), is_cached(&c)), (false, true, true));
    }

    #[tokio::test]
    async fn a_reference_in_use_is_never_removed() {
        let fixture = Fixture::new();
        let (a, b) = (fixture.reference("a", 60).await, fixture.reference("b", 60).await);
        let other_worker = fixture.cache();
        let lease = other_worker.acquire(&a).await.unwrap();
        let rejected = fixture.cache().acquire(&b).await;
        assert!(matches!(rejected, Err(CacheError::Full { bytes: 70, .. })), "{rejected:?}");
        assert!(lease.folder().join("models.bin").exists());
        drop(lease);
        fixture.cache().acquire(&b).await.unwrap();
        assert_eq!(fixture.cached("bundles"), 1);
        let large = fixture.reference("large", LIMIT as usize).await;
        let rejected = fixture.cache().acquire(&large).await;
        assert!(matches!(rejected, Err(CacheError::TooLarge { .. })), "{rejected:?}");
        assert_eq!(fixture.cached("bundles"), 1, "nothing is removed in vain");
    }

    #[tokio::test]
    async fn what_a_killed_worker_left_is_removed() {
        let fixture = Fixture::new();
        let reference = fixture.reference("a", 60).await;
        let cache = fixture.cache();
        let left = fixture.folder.path().join("cache");
        fs::create_dir_all(left.join("incoming/half")).unwrap();
        fs::write(left.join("incoming/half/sequence.bin"), "AC").unwrap();
        fs::create_dir_all(left.join("objects")).unwrap();
        fs::write(left.join("objects/unlinked"), vec![b'.'; LIMIT as usize]).unwrap();
        cache.acquire(&reference).await.unwrap();
        assert_eq!((fixture.cached("incoming"), fixture.cached("objects")), (0, 2));
    }

    #[tokio::test]
    async fn a_damaged_object_is_not_used_and_the_next_job_tries_again() {
        let fixture = Fixture::new();
        let reference = fixture.reference("a", 20).await;
        let models = fixture.catalog.object(&reference.manifest.files[1].sha256);
        let whole = fixture.objects.get(&models).unwrap();
        fixture.objects.put(&models, &[b'?'; 20]);
        let cache = fixture.cache();
        let rejected = cache.acquire(&reference).await;
        assert!(matches!(rejected, Err(CacheError::Catalog(_))), "{rejected:?}");
        assert_eq!((fixture.cached("bundles"), fixture.cached("incoming")), (0, 0));
        fixture.objects.put(&models, &whole);
        cache.acquire(&reference).await.unwrap();
    }
}
