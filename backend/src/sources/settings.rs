//! The settings of sources, which workers and web servers share.

use super::{CatalogSources, NoSources};
use crate::Deployment;
use crate::aws::Sdk;
use crate::catalog::{FolderCatalog, ObjectCatalog, S3};
use crate::ports::{PortError, PortResult, SourceCatalog, Sources};
use clap::Args;
use std::sync::Arc;

/// Where sources are.
#[derive(Args, Clone, Debug, Default)]
pub struct SourceSettings {
    /// The catalog of sources: `s3` for the bucket GAS_REFERENCES_BUCKET, or a folder.
    #[arg(long, env = "GAS_SOURCE_CATALOG")]
    pub source_catalog: Option<String>,
}

impl SourceSettings {
    /// The catalog; `None` if the deployment has no sources.
    ///
    /// # Errors
    /// If the catalog is a bucket that is not set.
    pub fn catalog(
        &self,
        deployment: &Deployment,
        sdk: &Sdk,
    ) -> PortResult<Option<Arc<dyn SourceCatalog>>> {
        let Some(catalog) = &self.source_catalog else { return Ok(None) };
        if catalog != S3 {
            return Ok(Some(Arc::new(FolderCatalog::new(catalog))));
        }
        let bucket = deployment.references_bucket.as_deref().ok_or_else(|| {
            let missing = "GAS_SOURCE_CATALOG=s3 needs GAS_REFERENCES_BUCKET";
            PortError::permanent("find the catalog of sources", missing)
        })?;
        let objects = Arc::new(sdk.object_store(deployment.s3_path_style));
        Ok(Some(Arc::new(ObjectCatalog::new(objects, bucket, &deployment.prefix))))
    }

    /// The sources that jobs can choose.
    ///
    /// # Errors
    /// As [`SourceSettings::catalog`].
    pub fn choices(&self, deployment: &Deployment, sdk: &Sdk) -> PortResult<Arc<dyn Sources>> {
        Ok(match self.catalog(deployment, sdk)? {
            Some(catalog) => Arc::new(CatalogSources::new(catalog)),
            None => Arc::new(NoSources),
        })
    }
}
