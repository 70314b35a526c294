//! The ports of sources: the catalog, and what of it jobs can choose.

use super::PortResult;
use super::catalog::{Catalog, CatalogId, Manifest};
use async_trait::async_trait;
use gas_shared::catalog::CatalogFile;
use gas_shared::source::{SourceChoices, SourceId, SourceManifest};
use std::borrow::Cow;
use std::sync::Arc;

/// The catalog of sources.
pub trait SourceCatalog: Catalog<SourceManifest> {}

impl<T: Catalog<SourceManifest> + ?Sized> SourceCatalog for T {}

impl CatalogId for SourceId {
    type Manifest = SourceManifest;
    const KIND: &'static str = "source";
    const FOLDER: &'static str = "sources";
}

impl Manifest for SourceManifest {
    type Id = SourceId;

    fn id(&self) -> &SourceId {
        &self.id
    }

    fn files(&self) -> Cow<'_, [CatalogFile]> {
        Cow::Owned(vec![self.file()])
    }

    fn problem(&self) -> Option<String> {
        Self::problem(self)
    }
}

/// The sources of this deployment that jobs can choose.
#[async_trait]
pub trait Sources: Send + Sync {
    /// The active sources. What operators change may be seen after a minute only.
    async fn choices(&self) -> PortResult<Arc<SourceChoices>>;
}
