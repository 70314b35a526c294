//! What the commands for the catalogs of references and of sources have in common.

use anyhow::{Context, Result, bail};
use gas_backend::aws::Sdk;
use gas_backend::catalog::{FolderCatalog, ObjectCatalog};
use gas_backend::ports::{Catalog, Manifest};
use gas_shared::byte_size::{Rounding, format_bytes};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use tempfile::TempDir;

/// Runs a command of a program to its end, and prints its error with the causes.
pub fn run(program: &str, command: impl Future<Output = Result<ExitCode>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(command));
    ended.unwrap_or_else(|error| {
        eprintln!("{program}: {error:#}");
        ExitCode::FAILURE
    })
}

/// Where a catalog is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogLocation {
    /// A folder.
    Folder(PathBuf),
    /// A bucket, with the prefix of a deployment.
    Bucket {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
    },
}

impl FromStr for CatalogLocation {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let Some(location) = text.strip_prefix("s3://") else {
            return Ok(Self::Folder(text.into()));
        };
        match location.trim_end_matches('/').split_once('/') {
            Some((bucket, prefix)) if !bucket.is_empty() && !prefix.is_empty() => {
                Ok(Self::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
            }
            _ => Err("expected s3://BUCKET/PREFIX, with the prefix of the deployment, such as gas"),
        }
    }
}

impl CatalogLocation {
    /// The catalog, in a bucket with the credentials of the standard AWS environment.
    pub async fn open<M: Manifest>(&self, path_style: bool) -> Box<dyn Catalog<M>> {
        match self {
            Self::Folder(folder) => Box::new(FolderCatalog::new(folder)),
            Self::Bucket { bucket, prefix } => {
                let objects = Arc::new(Sdk::from_env().await.object_store(path_style));
                Box::new(ObjectCatalog::new(objects, bucket, prefix))
            }
        }
    }

    /// Locks a catalog in a folder, so that one command at a time changes it. A bucket has no lock. `kind` is what the
    /// catalog contains.
    ///
    /// # Errors
    /// If another command has the lock, or the folder cannot be written.
    pub fn lock(&self, kind: &str) -> Result<Option<File>> {
        match self {
            Self::Folder(folder) => exclusive(folder, kind).map(Some),
            Self::Bucket { .. } => Ok(None),
        }
    }

    /// The folder of a catalog, locked for an addition. `kind` is what the catalog contains.
    ///
    /// # Errors
    /// If the catalog is in a bucket; otherwise as [`Self::lock`].
    pub fn folder_for_addition(&self, kind: &str) -> Result<(&Path, File)> {
        match self {
            Self::Folder(folder) => Ok((folder.as_path(), exclusive(folder, kind)?)),
            Self::Bucket { .. } => {
                bail!("a {kind} is added to a folder; `publish` copies it to a bucket")
            }
        }
    }

    /// A folder for files that are copied from the catalog.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn transfer_folder(&self) -> Result<TempDir> {
        match self {
            Self::Folder(folder) => temporary_folder(folder),
            Self::Bucket { .. } => Ok(tempfile::tempdir()?),
        }
    }
}

/// Locks a catalog in a folder, and fails if another command holds the lock: a removal and an addition at the same
/// time could lose an object. Deletes what a killed command has left.
fn exclusive(catalog: &Path, kind: &str) -> Result<File> {
    std::fs::create_dir_all(catalog)?;
    let lock =
        File::options().create(true).truncate(false).write(true).open(catalog.join("lock"))?;
    lock.try_lock()
        .with_context(|| format!("another gas-{kind} command is changing this catalog"))?;
    match std::fs::remove_dir_all(catalog.join("tmp")) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(lock),
    }
}

/// A temporary folder on the file system of a catalog.
///
/// # Errors
/// If it cannot be created.
pub fn temporary_folder(catalog: &Path) -> Result<TempDir> {
    let folder = catalog.join("tmp");
    std::fs::create_dir_all(&folder).context("failed to prepare the catalog")?;
    Ok(tempfile::tempdir_in(folder)?)
}

/// A number of bytes for a reader.
pub fn size(bytes: u64) -> String {
    format_bytes(bytes, Rounding::Up)
}

/// Prints to standard output.
///
/// # Errors
/// If it is closed.
pub fn print(text: &str) -> Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_is_a_folder_or_in_a_bucket_with_a_prefix() {
        let location = |text: &str| text.parse::<CatalogLocation>();
        assert_eq!(location("a/b"), Ok(CatalogLocation::Folder("a/b".into())));
        let (bucket, prefix) = ("gas-references-1".to_owned(), "gas".to_owned());
        let expected = Ok(CatalogLocation::Bucket { bucket, prefix });
        assert_eq!(location("s3://gas-references-1/gas/"), expected);
        assert!(location("s3://gas-references-1").is_err());
    }
}
