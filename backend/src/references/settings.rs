//! The settings of references, which workers and web servers share.

use super::{Bundle, CatalogChoices};
use crate::Deployment;
use crate::aws::Sdk;
use crate::catalog::{FolderCatalog, ObjectCatalog, S3};
use crate::ports::{PortError, PortResult, ReferenceCatalog, References};
use clap::Args;
use gas_shared::reference::ReferenceId;
use std::path::PathBuf;
use std::sync::Arc;

/// Where references are.
#[derive(Args, Clone, Debug, Default)]
pub struct ReferenceSettings {
    /// The folder of the only reference, unless there is a catalog.
    #[arg(long, env = "GAS_REFERENCE_BUNDLE")]
    pub reference_bundle: Option<PathBuf>,
    /// The catalog of references: `s3` for the bucket GAS_REFERENCES_BUCKET, or a folder.
    #[arg(long, env = "GAS_REFERENCE_CATALOG", requires = "reference")]
    pub reference_catalog: Option<String>,
    /// The reference of jobs that name none, such as homo_sapiens/GRCh38/ensembl-115.
    #[arg(long, env = "GAS_REFERENCE")]
    pub reference: Option<ReferenceId>,
}

impl ReferenceSettings {
    /// The catalog with the reference of jobs that name none; `None` without a catalog.
    ///
    /// # Errors
    /// If the catalog is a bucket that is not set.
    pub fn catalog(
        &self,
        deployment: &Deployment,
        sdk: &Sdk,
    ) -> PortResult<Option<(Arc<dyn ReferenceCatalog>, ReferenceId)>> {
        let (Some(catalog), Some(id)) = (&self.reference_catalog, &self.reference) else {
            return Ok(None);
        };
        let catalog: Arc<dyn ReferenceCatalog> = if catalog == S3 {
            let bucket = deployment.references_bucket.as_deref().ok_or_else(|| {
                let missing = "GAS_REFERENCE_CATALOG=s3 needs GAS_REFERENCES_BUCKET";
                PortError::permanent("find the catalog of references", missing)
            })?;
            let objects = Arc::new(sdk.object_store(deployment.s3_path_style));
            Arc::new(ObjectCatalog::new(objects, bucket, &deployment.prefix))
        } else {
            Arc::new(FolderCatalog::new(catalog))
        };
        Ok(Some((catalog, id.clone())))
    }

    /// The references that jobs can choose: those of the catalog, or the one in the folder.
    ///
    /// # Errors
    /// As [`ReferenceSettings::catalog`].
    pub fn choices(&self, deployment: &Deployment, sdk: &Sdk) -> PortResult<Arc<dyn References>> {
        Ok(match self.catalog(deployment, sdk)? {
            Some((catalog, default)) => Arc::new(CatalogChoices::new(catalog, default)),
            None => Arc::new(Bundle::new(self.reference_bundle.clone())),
        })
    }
}
