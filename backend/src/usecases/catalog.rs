//! What operators do with a catalog.

use crate::ports::{Catalog, CatalogId, Manifest, PortError, StoredManifest};
use futures::stream::{self, StreamExt};
use gas_shared::catalog::{CatalogEntry, CatalogFile, EntryState};
use gas_shared::reference::Sha256;
use sha2::Digest;
use std::collections::HashSet;
use std::path::Path;

/// The bytes that a verification reads at a time.
const RANGE_BYTES: u64 = 8 * 1024 * 1024;

/// The ranges that a verification reads at the same time.
const PARALLEL_RANGES: usize = 4;

/// Why an operation on the catalog failed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError<I: CatalogId> {
    /// There is no such entry.
    #[error("there is no {kind} {0}; `list` shows all", kind = I::KIND)]
    Unknown(I),
    /// The identifier stands for another content.
    #[error(
        "{0} is in the catalog with another content; use another id, or --replace to let new jobs use \
         this one"
    )]
    Exists(I),
    /// New jobs may use it.
    #[error("{0} is active; retire it first, or use --force")]
    Active(I),
    /// A manifest that an entry names does not exist.
    #[error("manifest {0} is missing in the catalog; add the {kind} again", kind = I::KIND)]
    NoManifest(Sha256),
    /// The catalog failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Stores a reference or source whose files are in a local folder, and lets new jobs use it. Files that the catalog
/// has already are not stored again. With `replace`, the identifier may stand for another content before.
///
/// # Errors
/// [`CatalogError::Exists`] without `replace`; otherwise if the catalog or a file fails.
pub async fn add<M: Manifest>(
    catalog: &dyn Catalog<M>,
    folder: &Path,
    manifest: M,
    replace: bool,
) -> Result<CatalogEntry<M::Id>, CatalogError<M::Id>> {
    let stored = StoredManifest::new(manifest)?;
    let entry = next_entry(catalog, &stored, replace).await?;
    for file in stored.manifest.files().iter() {
        catalog.put_object(&folder.join(&file.name), file).await?;
    }
    catalog.put_manifest(&stored).await?;
    // Last, so that an entry never names what is not there.
    catalog.put_entry(&entry).await?;
    Ok(entry)
}

/// Copies an entry with its manifest and files to another catalog, through a local folder. Only what is missing there is copied, so
/// that a repeated call continues an interrupted one. `copied` is called for each file that was.
///
/// # Errors
/// As [`add`], and [`CatalogError::Unknown`].
pub async fn publish<I: CatalogId>(
    from: &dyn Catalog<I::Manifest>,
    to: &dyn Catalog<I::Manifest>,
    id: &I,
    folder: &Path,
    replace: bool,
    copied: &(dyn Fn(&CatalogFile) + Sync),
) -> Result<CatalogEntry<I>, CatalogError<I>> {
    let (source, stored) = find(from, id).await?;
    let mut entry = next_entry(to, &stored, replace).await?;
    entry.state = source.state;
    for file in stored.manifest.files().iter() {
        if to.object_size(&file.sha256).await? == Some(file.bytes) {
            continue;
        }
        let local = folder.join(&file.name);
        from.fetch_object(file, &local).await?;
        let put = to.put_object(&local, file).await;
        tokio::fs::remove_file(&local)
            .await
            .map_err(|error| PortError::new(format!("delete {}", local.display()), error))?;
        put?;
        copied(file);
    }
    to.put_manifest(&stored).await?;
    to.put_entry(&entry).await?;
    Ok(entry)
}

/// An entry and its manifest.
///
/// # Errors
/// [`CatalogError::Unknown`] or [`CatalogError::NoManifest`]; otherwise if the catalog fails.
pub async fn find<I: CatalogId>(
    catalog: &dyn Catalog<I::Manifest>,
    id: &I,
) -> Result<(CatalogEntry<I>, StoredManifest<I::Manifest>), CatalogError<I>> {
    let entry = catalog.entry(id).await?.ok_or_else(|| CatalogError::Unknown(id.clone()))?;
    let stored = manifest(catalog, &entry.manifest).await?;
    Ok((entry, stored))
}

/// Sets whether new jobs may use what an identifier stands for.
///
/// # Errors
/// [`CatalogError::Unknown`]; otherwise if the catalog fails.
pub async fn set_state<I: CatalogId>(
    catalog: &dyn Catalog<I::Manifest>,
    id: &I,
    state: EntryState,
) -> Result<(), CatalogError<I>> {
    let entry = catalog.entry(id).await?.ok_or_else(|| CatalogError::Unknown(id.clone()))?;
    Ok(catalog.put_entry(&CatalogEntry { state, ..entry }).await?)
}

/// Deletes an entry, and the objects that no other one has. Manifests stay, since they
/// are small and results name them. Returns the bytes of the deleted objects.
///
/// # Errors
/// [`CatalogError::Unknown`]; [`CatalogError::Active`] without `force`; otherwise if the catalog fails.
pub async fn remove<I: CatalogId>(
    catalog: &dyn Catalog<I::Manifest>,
    id: &I,
    force: bool,
) -> Result<u64, CatalogError<I>> {
    let entry = catalog.entry(id).await?.ok_or_else(|| CatalogError::Unknown(id.clone()))?;
    if entry.state == EntryState::Active {
        if !force {
            return Err(CatalogError::Active(id.clone()));
        }
        set_state(catalog, id, EntryState::Retired).await?;
    }
    let mut kept = HashSet::new();
    for other in catalog.list().await?.iter().filter(|other| other.id != *id) {
        for file in files(catalog, other).await? {
            kept.insert(file.sha256);
        }
    }
    let mut bytes: u64 = 0;
    for file in files(catalog, &entry).await? {
        if kept.insert(file.sha256.clone()) {
            catalog.delete_object(&file.sha256).await?;
            bytes = bytes.saturating_add(file.bytes);
        }
    }
    // Last, so that an interrupted removal can be repeated.
    catalog.delete_entry(id).await?;
    Ok(bytes)
}

/// Reads every object of an entry and compares it with its digest. Returns the problems.
///
/// # Errors
/// If the catalog fails in another way than by a missing or damaged object.
pub async fn verify<I: CatalogId>(
    catalog: &dyn Catalog<I::Manifest>,
    id: &I,
) -> Result<Vec<String>, CatalogError<I>> {
    let stored = match find(catalog, id).await {
        Ok((_, stored)) => stored,
        Err(error @ CatalogError::NoManifest(_)) => return Ok(vec![error.to_string()]),
        Err(error) => return Err(error),
    };
    let mut problems = Vec::new();
    if stored.manifest.id() != id {
        problems.push(format!("its manifest is that of {}", stored.manifest.id()));
    }
    for file in stored.manifest.files().iter() {
        problems.extend(object_problem(catalog, file).await?);
    }
    Ok(problems)
}

async fn object_problem<M: Manifest>(
    catalog: &dyn Catalog<M>,
    file: &CatalogFile,
) -> Result<Option<String>, CatalogError<M::Id>> {
    let name = &file.name;
    match catalog.object_size(&file.sha256).await? {
        None => return Ok(Some(format!("{name} is missing"))),
        Some(size) if size != file.bytes => {
            return Ok(Some(format!("{name} has {size} bytes; expected {}", file.bytes)));
        }
        Some(_) => {}
    }
    let mut hash = sha2::Sha256::new();
    let ranges = stream::iter((0..file.bytes).step_by(RANGE_BYTES as usize)).map(|offset| {
        catalog.read_object(&file.sha256, offset, RANGE_BYTES.min(file.bytes - offset))
    });
    let mut ranges = ranges.buffered(PARALLEL_RANGES);
    while let Some(bytes) = ranges.next().await {
        hash.update(bytes?);
    }
    let found = Sha256::from_bytes(hash.finalize().into());
    Ok((found != file.sha256).then(|| format!("{name} is damaged: its digest is {found}")))
}

/// The entry that makes an identifier stand for a manifest.
async fn next_entry<M: Manifest>(
    catalog: &dyn Catalog<M>,
    stored: &StoredManifest<M>,
    replace: bool,
) -> Result<CatalogEntry<M::Id>, CatalogError<M::Id>> {
    let id = stored.manifest.id();
    let mut replaced = Vec::new();
    if let Some(before) = catalog.entry(id).await? {
        if before.manifest != stored.digest && !replace {
            return Err(CatalogError::Exists(id.clone()));
        }
        replaced = before.replaced;
        replaced.push(before.manifest);
        replaced.retain(|digest| *digest != stored.digest);
    }
    let (id, manifest) = (id.clone(), stored.digest.clone());
    Ok(CatalogEntry { id, manifest, state: EntryState::Active, replaced })
}

/// The files of all manifests that an entry names.
async fn files<I: CatalogId>(
    catalog: &dyn Catalog<I::Manifest>,
    entry: &CatalogEntry<I>,
) -> Result<Vec<CatalogFile>, CatalogError<I>> {
    let mut files = Vec::new();
    for digest in entry.replaced.iter().chain([&entry.manifest]) {
        files.extend(manifest(catalog, digest).await?.manifest.files().into_owned());
    }
    Ok(files)
}

async fn manifest<M: Manifest>(
    catalog: &dyn Catalog<M>,
    digest: &Sha256,
) -> Result<StoredManifest<M>, CatalogError<M::Id>> {
    let stored = catalog.manifest(digest).await?;
    stored.ok_or_else(|| CatalogError::NoManifest(digest.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{FolderCatalog, ObjectCatalog};
    use crate::testkit::{FakeObjects, catalog_file, reference_manifest};
    use gas_shared::reference::{ReferenceId, ReferenceManifest};
    use std::sync::{Arc, Mutex};
    use tempfile::TempDir;

    const FIRST: &str = "homo_sapiens/GRCh38/ensembl-115";
    const SECOND: &str = "homo_sapiens/GRCh38/gencode-49";

    struct Fixture {
        folder: TempDir,
        objects: Arc<FakeObjects>,
        catalog: ObjectCatalog,
    }

    impl Fixture {
        fn new() -> Self {
            let objects = Arc::new(FakeObjects::default());
            let catalog = ObjectCatalog::new(objects.clone(), "bucket", "gas");
            Self { folder: tempfile::tempdir().unwrap(), objects, catalog }
        }

        /// A reference with a sequence that all share and models of its own.
        fn manifest(&self, id: &str, models: &str) -> ReferenceManifest {
            let file = |name: &str, content: &str| {
                catalog_file(&self.folder.path().join(name), content.as_bytes())
            };
            reference_manifest(id, vec![file("sequence.bin", "ACGT"), file("models.bin", models)])
        }

        async fn add(&self, id: &str, models: &str) -> CatalogEntry<ReferenceId> {
            let manifest = self.manifest(id, models);
            add(&self.catalog, self.folder.path(), manifest, false).await.unwrap()
        }

        fn stored_objects(&self) -> usize {
            self.objects.with_key("/objects/").len()
        }
    }

    fn id(text: &str) -> ReferenceId {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn references_share_equal_files() {
        let fixture = Fixture::new();
        fixture.add(FIRST, "a").await;
        fixture.add(SECOND, "b").await;
        assert_eq!(fixture.stored_objects(), 3);
        fixture.add(SECOND, "b").await;
        assert_eq!(fixture.stored_objects(), 3);
        assert_eq!(fixture.objects.with_key("/manifests/").len(), 2);
    }

    #[tokio::test]
    async fn an_id_stands_for_another_content_only_if_asked_and_the_former_one_stays() {
        let fixture = Fixture::new();
        let before = fixture.add(FIRST, "a").await;
        let other = fixture.manifest(FIRST, "b");
        let (catalog, folder) = (&fixture.catalog, fixture.folder.path());
        let rejected = add(catalog, folder, other.clone(), false).await;
        assert!(matches!(rejected, Err(CatalogError::Exists(_))));
        assert_eq!(catalog.entry(&before.id).await.unwrap(), Some(before.clone()));
        let after = add(catalog, folder, other, true).await.unwrap();
        assert_eq!(after.replaced, std::slice::from_ref(&before.manifest));
        assert!(catalog.manifest(&before.manifest).await.unwrap().is_some());
        // Back to the first: it is not listed as replaced by itself.
        let first = fixture.manifest(FIRST, "a");
        let back = add(catalog, folder, first, true).await.unwrap();
        assert_eq!((back.manifest, back.replaced), (before.manifest, vec![after.manifest]));
    }

    #[tokio::test]
    async fn an_active_reference_is_removed_only_by_force_and_shared_files_stay() {
        let fixture = Fixture::new();
        let entry = fixture.add(FIRST, "aa").await;
        fixture.add(SECOND, "b").await;
        let catalog = &fixture.catalog;
        let rejected = remove(catalog, &id(FIRST), false).await;
        assert!(matches!(rejected, Err(CatalogError::Active(_))));
        set_state(catalog, &id(FIRST), EntryState::Retired).await.unwrap();
        assert_eq!(fixture.stored_objects(), 3, "a retired reference is kept");
        assert_eq!(verify(catalog, &id(FIRST)).await.unwrap(), Vec::<String>::new());
        assert_eq!(remove(catalog, &id(FIRST), false).await.unwrap(), 2);
        assert_eq!(fixture.stored_objects(), 2);
        assert_eq!(verify(catalog, &id(SECOND)).await.unwrap(), Vec::<String>::new());
        // Results name the manifest.
        assert!(catalog.manifest(&entry.manifest).await.unwrap().is_some());
        assert_eq!(remove(catalog, &id(SECOND), true).await.unwrap(), 5);
        assert_eq!(fixture.stored_objects(), 0);
        assert!(catalog.list().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn verification_names_missing_and_damaged_files() {
        let fixture = Fixture::new();
        fixture.add(FIRST, "models").await;
        let files = fixture.manifest(FIRST, "models").files;
        let (catalog, objects) = (&fixture.catalog, &fixture.objects);
        objects.put(&catalog.object(&files[1].sha256), b"modelx");
        catalog.delete_object(&files[0].sha256).await.unwrap();
        let problems = verify(catalog, &id(FIRST)).await.unwrap();
        assert_eq!(problems[0], "sequence.bin is missing");
        assert!(problems[1].starts_with("models.bin is damaged"), "{problems:?}");
    }

    #[tokio::test]
    async fn publishing_copies_only_what_is_missing() {
        let fixture = Fixture::new();
        let local = FolderCatalog::new(fixture.folder.path().join("catalog"));
        for (id, models) in [(FIRST, "a"), (SECOND, "b")] {
            let manifest = fixture.manifest(id, models);
            add(&local, fixture.folder.path(), manifest, false).await.unwrap();
        }
        set_state(&local, &id(SECOND), EntryState::Retired).await.unwrap();
        let transfer = tempfile::tempdir().unwrap();
        let publish = async |id_text: &str| {
            let copied = Mutex::new(Vec::new());
            let note = |file: &CatalogFile| copied.lock().unwrap().push(file.name.clone());
            let to = &fixture.catalog;
            publish(&local, to, &id(id_text), transfer.path(), false, &note).await.unwrap();
            copied.into_inner().unwrap()
        };
        assert_eq!(publish(FIRST).await, ["sequence.bin", "models.bin"]);
        assert_eq!(publish(SECOND).await, ["models.bin"]);
        assert_eq!(publish(SECOND).await, Vec::<String>::new());
        assert_eq!(std::fs::read_dir(transfer.path()).unwrap().count(), 0);
        assert_eq!(local.list().await.unwrap(), fixture.catalog.list().await.unwrap());
    }
}
