//! A catalog in a folder.
//!
//! `objects/sha256/<digest>` and `manifests/<digest>.json` are written once, and
//! `entries/<id>.json`, of which an id has three parts, are replaced as a whole. Everything is written to a
//! temporary file first and then renamed, so that a reader never sees a part of a file.

use super::checksum::verify;
use crate::ports::{Catalog, CatalogId, Manifest, PortError, PortResult, StoredManifest};
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::catalog::{CatalogEntry, CatalogFile};
use gas_shared::reference::{ReferenceManifest, Sha256};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::marker::PhantomData;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Objects and manifests never change.
const READ_ONLY: u32 = 0o444;

/// A catalog in a folder.
#[derive(Clone, Debug)]
pub struct FolderCatalog<M = ReferenceManifest> {
    folder: PathBuf,
    kind: PhantomData<fn() -> M>,
}

impl<M: Manifest> FolderCatalog<M> {
    /// The catalog in a folder, which is created when something is stored.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), kind: PhantomData }
    }

    /// A folder for temporary files on the catalog's file system.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub fn temporary(&self) -> io::Result<PathBuf> {
        let folder = self.folder.join("tmp");
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    fn object(&self, digest: &Sha256) -> PathBuf {
        self.folder.join("objects/sha256").join(digest.as_str())
    }

    fn manifest_path(&self, digest: &Sha256) -> PathBuf {
        self.folder.join("manifests").join(format!("{digest}.json"))
    }

    fn entry_path(&self, id: &M::Id) -> PathBuf {
        self.folder.join("entries").join(format!("{id}.json"))
    }

    /// Calls `write` with a temporary path, and renames what it has written to `to`.
    fn write_once(&self, to: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let temporary = self.temporary()?.join(Uuid::new_v4().to_string());
        let written = write(&temporary).and_then(|()| {
            File::open(&temporary)?.sync_all()?;
            let folder = to.parent().unwrap_or(&self.folder);
            fs::create_dir_all(folder)?;
            fs::rename(&temporary, to)?;
            File::open(folder)?.sync_all()
        });
        if written.is_err() {
            // The first error matters. The file may not exist.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn write_bytes(&self, to: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        self.write_once(to, |path| {
            File::create_new(path)?.write_all(bytes)?;
            fs::set_permissions(path, Permissions::from_mode(mode))
        })
    }

    fn entries(&self) -> io::Result<Vec<CatalogEntry<M::Id>>> {
        let mut entries = Vec::new();
        for first in subfolders(&self.folder.join("entries"))? {
            for second in subfolders(&first)? {
                for file in fs::read_dir(&second)? {
                    let path = file?.path();
                    if path.extension().is_some_and(|extension| extension == "json") {
                        entries.push(read_entry(&path)?);
                    }
                }
            }
        }
        entries.sort_by(|one: &CatalogEntry<M::Id>, other| one.id.cmp(&other.id));
        Ok(entries)
    }

    /// Runs blocking file operations.
    async fn run<T: Send + 'static>(
        &self,
        action: impl Into<String>,
        operation: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> PortResult<T> {
        let catalog = self.clone();
        let action = format!("{} in {}", action.into(), self.folder.display());
        match tokio::task::spawn_blocking(move || operation(&catalog)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) if error.kind() == ErrorKind::InvalidData => {
                Err(PortError::permanent(action, error))
            }
            Ok(Err(error)) => Err(PortError::new(action, error)),
            Err(error) => Err(PortError::new(action, error)),
        }
    }
}

/// The folders within a folder; none if it does not exist.
fn subfolders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(entries) = optional(fs::read_dir(folder))? else { return Ok(Vec::new()) };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.is_dir()).collect())
}

fn read_entry<I: CatalogId>(path: &Path) -> io::Result<CatalogEntry<I>> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| {
        io::Error::new(ErrorKind::InvalidData, format!("{}: {error}", path.display()))
    })
}

/// `None` for what does not exist.
fn optional<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl<M: Manifest> Catalog<M> for FolderCatalog<M> {
    async fn list(&self) -> PortResult<Vec<CatalogEntry<M::Id>>> {
        self.run(format!("list the {}", M::Id::FOLDER), Self::entries).await
    }

    async fn entry(&self, id: &M::Id) -> PortResult<Option<CatalogEntry<M::Id>>> {
        let path = self.entry_path(id);
        self.run(format!("read {} {id}", M::Id::KIND), move |_| optional(read_entry(&path))).await
    }

    async fn manifest(&self, digest: &Sha256) -> PortResult<Option<StoredManifest<M>>> {
        let path = self.manifest_path(digest);
        let json =
            self.run(format!("read manifest {digest}"), move |_| optional(fs::read(path))).await?;
        json.map(|json| StoredManifest::read(digest, json.into())).transpose()
    }

    async fn object_size(&self, object: &Sha256) -> PortResult<Option<u64>> {
        let path = self.object(object);
        let size = move |_: &Self| Ok(optional(fs::metadata(path))?.map(|metadata| metadata.len()));
        self.run(format!("measure object {object}"), size).await
    }

    async fn read_object(&self, object: &Sha256, offset: u64, length: u64) -> PortResult<Bytes> {
        let path = self.object(object);
        self.run(format!("read object {object}"), move |_| {
            let file = File::open(path)?;
            // Checked first, so that a wrong length does not allocate memory.
            if offset
                .checked_add(length)
                .is_none_or(|end| end > file.metadata().map_or(0, |m| m.len()))
            {
                return Err(io::Error::from(ErrorKind::UnexpectedEof));
            }
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            file.read_exact_at(&mut bytes, offset)?;
            Ok(bytes.into())
        })
        .await
    }

    async fn fetch_object(&self, file: &CatalogFile, to: &Path) -> PortResult<()> {
        let (from, to, file) = (self.object(&file.sha256), to.to_owned(), file.clone());
        self.run(format!("fetch object {}", file.sha256), move |_| {
            // A link costs neither time nor space, but needs the same file system.
            let linked = fs::hard_link(&from, &to);
            if linked.is_err() {
                copy_new(&from, &to)?;
            }
            let verified = verify(&to, &file);
            if verified.is_err() {
                fs::remove_file(&to)?;
            }
            verified
        })
        .await
    }

    async fn put_object(&self, from: &Path, file: &CatalogFile) -> PortResult<()> {
        let (from, to, file) = (from.to_owned(), self.object(&file.sha256), file.clone());
        self.run(format!("store object {}", file.sha256), move |catalog| {
            let existing = optional(fs::metadata(&to))?;
            if existing.is_some_and(|metadata| metadata.len() == file.bytes) {
                return Ok(());
            }
            catalog.write_once(&to, |path| {
                copy_new(&from, path)?;
                fs::set_permissions(path, Permissions::from_mode(READ_ONLY))?;
                verify(path, &file)
            })
        })
        .await
    }

    async fn put_manifest(&self, manifest: &StoredManifest<M>) -> PortResult<()> {
        let (path, json) = (self.manifest_path(&manifest.digest), manifest.json.clone());
        let write = move |catalog: &Self| catalog.write_bytes(&path, &json, READ_ONLY);
        self.run(format!("store manifest {}", manifest.digest), write).await
    }

    async fn put_entry(&self, entry: &CatalogEntry<M::Id>) -> PortResult<()> {
        let path = self.entry_path(&entry.id);
        let action = format!("store the entry of {}", entry.id);
        let json = serde_json::to_vec_pretty(entry)
            .map_err(|error| PortError::permanent(action.clone(), error))?;
        self.run(action, move |catalog| catalog.write_bytes(&path, &json, 0o644)).await
    }

    async fn delete_entry(&self, id: &M::Id) -> PortResult<()> {
        let path = self.entry_path(id);
        let delete = move |_: &Self| optional(fs::remove_file(path)).map(drop);
        self.run(format!("delete the entry of {id}"), delete).await
    }

    async fn delete_object(&self, object: &Sha256) -> PortResult<()> {
        let path = self.object(object);
        let delete = move |_: &Self| optional(fs::remove_file(path)).map(drop);
        self.run(format!("delete object {object}"), delete).await
    }
}

/// Copies a file to a path that does not exist. `fs::copy` would follow a link or overwrite a file.
fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut File::open(from)?, &mut File::create_new(to)?).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{catalog_contract, reference_manifest, source_manifest};
    use gas_shared::source::SourceManifest;

    async fn check<M: Manifest>(manifest: impl Fn(&str, CatalogFile) -> M) {
        let folder = tempfile::tempdir().unwrap();
        let catalog = FolderCatalog::<M>::new(folder.path().join("catalog"));
        let digest_path = |digest: &Sha256| catalog.object(digest);
        let damage = async |digest: &Sha256| {
            fs::set_permissions(digest_path(digest), Permissions::from_mode(0o644)).unwrap();
            let length = fs::metadata(digest_path(digest)).unwrap().len();
            fs::write(digest_path(digest), vec![b'?'; length as usize]).unwrap();
        };
        catalog_contract(&catalog, folder.path(), manifest, damage).await;
        let left = fs::read_dir(catalog.temporary().unwrap()).unwrap().count();
        assert_eq!(left, 0, "temporary files are left");
    }

    #[tokio::test]
    async fn a_folder_fulfills_the_contract_of_the_catalog() {
        check(|id, file| reference_manifest(id, vec![file])).await;
        check::<SourceManifest>(source_manifest).await;
    }

    #[tokio::test]
    async fn a_damaged_entry_is_an_error_and_not_an_absent_reference() {
        let folder = tempfile::tempdir().unwrap();
        let catalog: FolderCatalog = FolderCatalog::new(folder.path());
        let path = folder.path().join("entries/mus_musculus/GRCm39");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("ensembl-115.json"), "{").unwrap();
        assert!(!catalog.list().await.unwrap_err().is_outage());
        let id = "mus_musculus/GRCm39/ensembl-115".parse().unwrap();
        assert!(catalog.entry(&id).await.is_err());
    }
}
