//! The contract of [`Catalog`], which all its adapters fulfill.

#![expect(clippy::unwrap_used, reason = "a contract panics when it is violated")]

use crate::catalog::checksum;
use crate::ports::{Catalog, Manifest, StoredManifest};
use gas_shared::catalog::{CatalogEntry, CatalogFile, EntryState};
use gas_shared::reference::{
    ENGINE_FORMAT, GeneSet, MANIFEST_VERSION, ReferenceContig, ReferenceId, ReferenceManifest,
    Sha256, TranscriptCounts,
};
use gas_shared::source::{
    SOURCE_MANIFEST_VERSION, SourceColumn, SourceColumnKind, SourceId, SourceManifest,
};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The manifest of a reference with some files, for tests.
///
/// # Panics
/// If `id` is not a valid identifier.
pub fn reference_manifest(id: &str, files: Vec<CatalogFile>) -> ReferenceManifest {
    let id: ReferenceId = id.parse().unwrap();
    ReferenceManifest {
        version: MANIFEST_VERSION,
        species: "Homo sapiens".to_owned(),
        assembly: id.assembly().to_owned(),
        gene_set: GeneSet { name: "Ensembl".to_owned(), release: "115".to_owned() },
        contigs: vec![ReferenceContig {
            name: "20".to_owned(),
            length: 64_444_167,
            aliases: vec!["chr20".to_owned()],
        }],
        genes: 1,
        transcripts: TranscriptCounts { all: 2, canonical: 1, ..TranscriptCounts::default() },
        engine_format: ENGINE_FORMAT,
        files,
        sources: vec![],
        attribution: None,
        license: None,
        id,
    }
}

/// The manifest of a source with a column `AF`, for tests.
///
/// # Panics
/// If `id` is not a valid identifier.
pub fn source_manifest(id: &str, file: CatalogFile) -> SourceManifest {
    let id: SourceId = id.parse().unwrap();
    SourceManifest {
        version: SOURCE_MANIFEST_VERSION,
        name: id.name().to_owned(),
        release: id.version().to_owned(),
        columns: vec![SourceColumn {
            name: "AF".to_owned(),
            source: format!("{} {}", id.name(), id.version()),
            kind: SourceColumnKind::Float,
            description: "Frequency".to_owned(),
        }],
        rows: 1,
        sha256: file.sha256,
        bytes: file.bytes,
        license: "CC0 1.0".to_owned(),
        attribution: "A paper".to_owned(),
        noncommercial: false,
        inputs: Vec::new(),
        id,
    }
}

/// Writes a file and describes it as one of a catalog, for tests.
///
/// # Panics
/// If the file cannot be written.
pub fn catalog_file(path: &Path, content: &[u8]) -> CatalogFile {
    std::fs::write(path, content).unwrap();
    let (bytes, sha256) = checksum(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    CatalogFile { name, bytes, sha256 }
}

/// Checks a catalog against the contract of its port. Local files are created in `folder`. `damage`
/// replaces the bytes of an object by as many others; `manifest` makes a manifest with a file.
///
/// # Panics
/// If the catalog violates the contract.
pub async fn catalog_contract<M: Manifest>(
    catalog: &dyn Catalog<M>,
    folder: &Path,
    manifest: impl Fn(&str, CatalogFile) -> M,
    damage: impl AsyncFn(&Sha256),
) {
    // Another run may have stored its content in the same bucket.
    let run =
        Run { catalog, folder, manifest: &manifest, nonce: Uuid::new_v4().simple().to_string() };
    what_is_absent_is_reported(&run).await;
    an_object_is_stored_once_and_read_back_whole_or_in_ranges(&run).await;
    a_file_that_differs_from_its_digest_is_not_stored(&run).await;
    a_damaged_object_is_not_fetched(&run, damage).await;
    a_manifest_is_read_back_with_its_digest(&run).await;
    entries_are_listed_in_order_until_they_are_deleted(&run).await;
}

struct Run<'a, M: Manifest> {
    catalog: &'a dyn Catalog<M>,
    folder: &'a Path,
    manifest: &'a dyn Fn(&str, CatalogFile) -> M,
    nonce: String,
}

impl<M: Manifest> Run<'_, M> {
    /// A local file with a content that no other test stores.
    fn file(&self, name: &str) -> (PathBuf, CatalogFile) {
        let path = self.folder.join(format!("{name}-{}", self.nonce));
        let file = catalog_file(&path, format!("{name} {}", self.nonce).as_bytes());
        (path, file)
    }

    fn manifest(&self, name: &str, file: CatalogFile) -> M {
        (self.manifest)(&format!("homo_sapiens/test-{}/{name}", self.nonce), file)
    }

    fn id(&self, name: &str) -> M::Id {
        let file =
            CatalogFile { name: String::new(), bytes: 0, sha256: Sha256::from_bytes([0; 32]) };
        self.manifest(name, file).id().clone()
    }
}

async fn what_is_absent_is_reported<M: Manifest>(run: &Run<'_, M>) {
    let (_, file) = run.file("absent");
    assert_eq!(run.catalog.entry(&run.id("absent")).await.unwrap(), None);
    assert_eq!(run.catalog.manifest(&file.sha256).await.unwrap(), None);
    assert_eq!(run.catalog.object_size(&file.sha256).await.unwrap(), None);
    assert!(run.catalog.read_object(&file.sha256, 0, 1).await.is_err());
    let to = run.folder.join("fetched-absent");
    assert!(run.catalog.fetch_object(&file, &to).await.is_err());
    assert!(!to.exists());
    run.catalog.delete_entry(&run.id("absent")).await.unwrap();
    run.catalog.delete_object(&file.sha256).await.unwrap();
}

async fn an_object_is_stored_once_and_read_back_whole_or_in_ranges<M: Manifest>(run: &Run<'_, M>) {
    let (path, file) = run.file("object");
    let content = std::fs::read(&path).unwrap();
    for _ in 0..2 {
        run.catalog.put_object(&path, &file).await.unwrap();
    }
    assert!(path.exists(), "the local file stays");
    assert_eq!(run.catalog.object_size(&file.sha256).await.unwrap(), Some(file.bytes));
    let range = run.catalog.read_object(&file.sha256, 2, 3).await.unwrap();
    assert_eq!(range[..], content[2..5]);
    for (offset, length) in [(0, file.bytes + 1), (file.bytes, 1), (u64::MAX, 2)] {
        assert!(run.catalog.read_object(&file.sha256, offset, length).await.is_err());
    }
    let to = run.folder.join("fetched");
    run.catalog.fetch_object(&file, &to).await.unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), content);
    assert!(run.catalog.fetch_object(&file, &to).await.is_err(), "the file exists");
    run.catalog.delete_object(&file.sha256).await.unwrap();
    assert_eq!(run.catalog.object_size(&file.sha256).await.unwrap(), None);
    assert_eq!(std::fs::read(&to).unwrap(), content, "a fetched file stays");
}

async fn a_file_that_differs_from_its_digest_is_not_stored<M: Manifest>(run: &Run<'_, M>) {
    let (path, file) = run.file("other");
    std::fs::write(&path, vec![b'?'; file.bytes as usize]).unwrap();
    let error = run.catalog.put_object(&path, &file).await.unwrap_err();
    assert!(!error.is_outage(), "{error:?}");
    assert_eq!(run.catalog.object_size(&file.sha256).await.unwrap(), None);
}

async fn a_damaged_object_is_not_fetched<M: Manifest>(
    run: &Run<'_, M>,
    damage: impl AsyncFn(&Sha256),
) {
    let (path, file) = run.file("damaged");
    run.catalog.put_object(&path, &file).await.unwrap();
    damage(&file.sha256).await;
    let to = run.folder.join("fetched-damaged");
    let error = run.catalog.fetch_object(&file, &to).await.unwrap_err();
    assert!(!error.is_outage(), "{error:?}");
    assert!(!to.exists());
    run.catalog.delete_object(&file.sha256).await.unwrap();
}

async fn a_manifest_is_read_back_with_its_digest<M: Manifest>(run: &Run<'_, M>) {
    let (_, file) = run.file("listed");
    let manifest = run.manifest("a", file);
    let stored = StoredManifest::new(manifest.clone()).unwrap();
    for _ in 0..2 {
        run.catalog.put_manifest(&stored).await.unwrap();
    }
    let read = run.catalog.manifest(&stored.digest).await.unwrap().unwrap();
    assert_eq!((&read, &read.manifest), (&stored, &manifest));
}

async fn entries_are_listed_in_order_until_they_are_deleted<M: Manifest>(run: &Run<'_, M>) {
    let entry = |name: &str, state| CatalogEntry {
        id: run.id(name),
        manifest: Sha256::from_bytes([1; 32]),
        state,
        replaced: vec![Sha256::from_bytes([2; 32])],
    };
    let first = entry("a", EntryState::Active);
    let second = entry("b", EntryState::Retired);
    for entry in [&second, &first, &second] {
        run.catalog.put_entry(entry).await.unwrap();
    }
    let listed = async || {
        let all = run.catalog.list().await.unwrap();
        all.into_iter().filter(|e| e.id.to_string().contains(&run.nonce)).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [first.clone(), second.clone()]);
    assert_eq!(run.catalog.entry(&first.id).await.unwrap(), Some(first.clone()));
    let retired = entry("a", EntryState::Retired);
    run.catalog.put_entry(&retired).await.unwrap();
    assert_eq!(listed().await, [retired.clone(), second.clone()]);
    for _ in 0..2 {
        run.catalog.delete_entry(&first.id).await.unwrap();
    }
    assert_eq!(listed().await, std::slice::from_ref(&second));
    run.catalog.delete_entry(&second.id).await.unwrap();
    assert_eq!(listed().await, []);
}
