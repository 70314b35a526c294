//! Which reference a worker uses: a folder, or one of the catalog through the cache.

use crate::reference_cache::{ReferenceCache, ReferenceLease};
use anyhow::{Context, ensure};
use clap::Args;
use gas_backend::Deployment;
use gas_backend::aws::Sdk;
use gas_backend::ports::ReferenceCatalog;
use gas_backend::references::{FolderCatalog, ObjectCatalog};
use gas_backend::usecases::reference;
use gas_shared::reference::{ReferenceId, ReferenceState};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MIB: u64 = 1024 * 1024;

/// The value of `--reference-catalog` for the bucket of the deployment.
const S3: &str = "s3";

/// Settings of references.
#[derive(Args, Debug)]
pub(crate) struct ReferenceSettings {
    /// The folder of the reference, which replaces {bundle}, unless there is a catalog.
    #[arg(long, env = "GAS_REFERENCE_BUNDLE", required_unless_present = "reference_catalog")]
    pub(crate) reference_bundle: Option<PathBuf>,
    /// The catalog of references: `s3` for the bucket GAS_REFERENCES_BUCKET, or a folder.
    #[arg(long, env = "GAS_REFERENCE_CATALOG", requires = "reference")]
    pub(crate) reference_catalog: Option<String>,
    /// The reference of all jobs, such as homo_sapiens/GRCh38/ensembl-115.
    #[arg(long, env = "GAS_REFERENCE")]
    pub(crate) reference: Option<ReferenceId>,
    /// The folder for references from the catalog. All workers of a machine may share it.
    #[arg(long, env = "GAS_REFERENCE_CACHE", default_value = "/var/tmp/gas-references")]
    pub(crate) reference_cache: PathBuf,
    /// The most space for references from the catalog, in MiB.
    #[arg(long, env = "GAS_REFERENCE_CACHE_MIB", default_value_t = 20_480)]
    pub(crate) reference_cache_mib: u64,
}

/// The reference of a worker. It stays in the cache as long as this value lives.
#[derive(Debug)]
pub(crate) enum OpenReference {
    Folder(PathBuf),
    Cached(ReferenceLease),
}

impl OpenReference {
    /// The folder of the reference.
    pub(crate) fn folder(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Cached(lease) => lease.folder(),
        }
    }
}

impl ReferenceSettings {
    /// Finds the reference, and fetches it from the catalog if it is not in the cache.
    ///
    /// # Errors
    ///
    /// If there is no such reference, or it has no space.
    pub(crate) async fn open(
        &self,
        deployment: &Deployment,
        sdk: &Sdk,
    ) -> anyhow::Result<OpenReference> {
        let (catalog, id) = match (&self.reference_catalog, &self.reference) {
            (Some(catalog), Some(id)) => (catalog, id),
            _ => return self.folder(),
        };
        let catalog: Arc<dyn ReferenceCatalog> = if catalog == S3 {
            let bucket = deployment.references_bucket.as_deref();
            let bucket = bucket.context("GAS_REFERENCE_CATALOG=s3 needs GAS_REFERENCES_BUCKET")?;
            let objects = Arc::new(sdk.object_store(deployment.s3_path_style));
            Arc::new(ObjectCatalog::new(objects, bucket, &deployment.prefix))
        } else {
            Arc::new(FolderCatalog::new(catalog))
        };
        self.fetch(catalog, id).await.with_context(|| format!("reference {id} cannot be used"))
    }

    /// The reference in a folder.
    fn folder(&self) -> anyhow::Result<OpenReference> {
        let folder = self.reference_bundle.as_ref();
        let folder = folder.context("set GAS_REFERENCE_BUNDLE, or GAS_REFERENCE_CATALOG")?;
        ensure!(
            folder.is_dir(),
            "{} is not a folder; build a reference with `gas-annotate build-reference` and set \
             GAS_REFERENCE_BUNDLE to its folder",
            folder.display()
        );
        // The engine runs in another folder, so a relative path would not resolve.
        Ok(OpenReference::Folder(std::path::absolute(folder)?))
    }

    async fn fetch(
        &self,
        catalog: Arc<dyn ReferenceCatalog>,
        id: &ReferenceId,
    ) -> anyhow::Result<OpenReference> {
        let (entry, manifest) = reference(&*catalog, id).await?;
        ensure!(
            entry.state == ReferenceState::Active,
            "it is retired; set GAS_REFERENCE to an active one"
        );
        let folder = std::path::absolute(&self.reference_cache)?;
        let limit = self.reference_cache_mib.saturating_mul(MIB);
        let lease = ReferenceCache::new(folder, limit, catalog).acquire(&manifest).await?;
        Ok(OpenReference::Cached(lease))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use gas_backend::testkit::{reference_file, reference_manifest};
    use gas_backend::usecases::{add_reference, set_reference_state};

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        settings: ReferenceSettings,
    }

    fn parse(arguments: &[&str]) -> Result<ReferenceSettings, clap::Error> {
        Cli::try_parse_from([&["worker"], arguments].concat()).map(|cli| cli.settings)
    }

    const ID: &str = "homo_sapiens/GRCh37/demo-1";

    #[test]
    fn a_worker_has_a_folder_or_a_catalog_with_one_of_its_references() {
        let catalog = ["--reference-catalog", "s3"];
        let reference = ["--reference", ID];
        let bundle = ["--reference-bundle", "/bundle"];
        assert!(parse(&bundle).is_ok());
        assert!(parse(&[catalog, reference].concat()).is_ok());
        for wrong in [&[] as &[&str], &catalog, &reference] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        // The unit of the worker names a folder, which the settings of an instance cannot unset.
        assert!(parse(&[bundle, catalog, reference].concat()).is_ok());
    }

    #[tokio::test]
    async fn the_default_reference_is_taken_from_the_catalog_unless_it_is_retired() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let cache = cache.to_str().unwrap();
        let settings =
            parse(&["--reference-catalog", "x", "--reference", ID, "--reference-cache", cache])
                .unwrap();
        let catalog = Arc::new(FolderCatalog::new(folder.path().join("catalog")));
        let id = ID.parse().unwrap();
        let absent = settings.fetch(catalog.clone(), &id).await.unwrap_err();
        assert!(absent.to_string().contains("there is no reference"), "{absent}");
        let file = reference_file(&folder.path().join("manifest.json"), b"{}");
        let manifest = reference_manifest(ID, vec![file]);
        add_reference(&*catalog, folder.path(), manifest, false).await.unwrap();
        let open = settings.fetch(catalog.clone(), &id).await.unwrap();
        assert_eq!(std::fs::read(open.folder().join("manifest.json")).unwrap(), b"{}");
        set_reference_state(&*catalog, &id, ReferenceState::Retired).await.unwrap();
        let retired = settings.fetch(catalog, &id).await.unwrap_err();
        assert!(retired.to_string().contains("retired"), "{retired}");
    }
}
