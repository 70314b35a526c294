//! The sources of a catalog that jobs can choose.

use crate::catalog::ActiveList;
use crate::ports::{PortResult, SourceCatalog, Sources};
use async_trait::async_trait;
use gas_shared::reference::{OtherFormat, Sha256};
use gas_shared::source::{SourceChoice, SourceChoices, SourceManifest};
use std::sync::Arc;

/// The sources of a catalog, in memory.
pub struct CatalogSources(ActiveList<SourceManifest, SourceChoice, SourceChoices>);

impl CatalogSources {
    /// The sources of a catalog.
    pub fn new(catalog: Arc<dyn SourceCatalog>) -> Self {
        let list = |choices| SourceChoices { choices };
        Self(ActiveList::new(catalog, choice, list))
    }
}

/// All formats of sources are read.
#[expect(clippy::unnecessary_wraps, reason = "other catalogs have formats that are not read")]
fn choice(manifest: SourceManifest, sha256: Sha256) -> Result<SourceChoice, OtherFormat> {
    Ok(SourceChoice::new(manifest, sha256))
}

#[async_trait]
impl Sources for CatalogSources {
    async fn choices(&self) -> PortResult<Arc<SourceChoices>> {
        self.0.get().await
    }
}

/// The sources of a deployment without a catalog.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSources;

#[async_trait]
impl Sources for NoSources {
    async fn choices(&self) -> PortResult<Arc<SourceChoices>> {
        Ok(Arc::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{FolderCatalog, MAX_AGE};
    use crate::testkit::{catalog_file, source_manifest};
    use crate::usecases::catalog;
    use gas_shared::catalog::EntryState;

    #[tokio::test(start_paused = true)]
    async fn the_active_sources_that_fit_an_assembly_can_be_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let stored = Arc::new(FolderCatalog::<SourceManifest>::new(folder.path().join("catalog")));
        for id in ["clinvar/GRCh38/2026-11", "clinvar/GRCh37/2026-11", "constraint/any/4.1"] {
            let file = catalog_file(&folder.path().join("source.gas"), id.as_bytes());
            let manifest = source_manifest(id, file);
            catalog::add(&*stored, folder.path(), manifest, false).await.unwrap();
        }
        let sources = CatalogSources::new(stored.clone());
        let found = async |assembly: &str| {
            let choices = sources.choices().await.unwrap();
            choices.of_assembly(assembly).map(|choice| choice.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found("hg38").await, ["clinvar/GRCh38/2026-11", "constraint/any/4.1"]);
        assert_eq!(found("GRCm39").await, ["constraint/any/4.1"]);
        let id = "clinvar/GRCh38/2026-11".parse().unwrap();
        let choices = sources.choices().await.unwrap();
        assert_eq!(choices.find(&id).unwrap().columns[0].name, "AF");
        catalog::set_state(&*stored, &id, EntryState::Retired).await.unwrap();
        tokio::time::advance(MAX_AGE).await;
        assert_eq!(found("GRCh38").await, ["constraint/any/4.1"]);
        assert_eq!(*NoSources.choices().await.unwrap(), SourceChoices::default());
    }
}
