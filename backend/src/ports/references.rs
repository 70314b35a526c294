//! The ports of references: the catalog, and what of it jobs can choose.

use super::PortResult;
use super::catalog::{Catalog, CatalogId, Manifest};
use async_trait::async_trait;
use gas_shared::catalog::CatalogFile;
use gas_shared::reference::{ReferenceChoices, ReferenceId, ReferenceManifest};
use std::borrow::Cow;
use std::sync::Arc;

/// The catalog of references.
pub trait ReferenceCatalog: Catalog<ReferenceManifest> {}

impl<T: Catalog<ReferenceManifest> + ?Sized> ReferenceCatalog for T {}

impl CatalogId for ReferenceId {
    type Manifest = ReferenceManifest;
    const KIND: &'static str = "reference";
    const FOLDER: &'static str = "references";
}

impl Manifest for ReferenceManifest {
    type Id = ReferenceId;

    fn id(&self) -> &ReferenceId {
        &self.id
    }

    fn files(&self) -> Cow<'_, [CatalogFile]> {
        Cow::Borrowed(&self.files)
    }

    fn problem(&self) -> Option<String> {
        Self::problem(self)
    }
}

/// The references of this deployment that jobs can choose.
#[async_trait]
pub trait References: Send + Sync {
    /// The active references. What operators change may be seen after a minute only.
    async fn choices(&self) -> PortResult<Arc<ReferenceChoices>>;
}
