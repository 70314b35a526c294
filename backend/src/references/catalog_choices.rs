//! The references of a catalog that jobs can choose.

use crate::catalog::ActiveList;
use crate::ports::{PortResult, ReferenceCatalog, References};
use async_trait::async_trait;
use gas_shared::reference::{
    OtherFormat, ReferenceChoice, ReferenceChoices, ReferenceId, ReferenceManifest, Sha256,
};
use std::sync::Arc;

/// The references of a catalog, in memory.
pub struct CatalogChoices(ActiveList<ReferenceManifest, ReferenceChoice, ReferenceChoices>);

impl CatalogChoices {
    /// The references of a catalog. Jobs that name none get `default`.
    pub fn new(catalog: Arc<dyn ReferenceCatalog>, default: ReferenceId) -> Self {
        let list = move |choices| ReferenceChoices { default: Some(default.clone()), choices };
        Self(ActiveList::new(catalog, choice, list))
    }
}

fn choice(manifest: ReferenceManifest, sha256: Sha256) -> Result<ReferenceChoice, OtherFormat> {
    OtherFormat::check(manifest.engine_format)?;
    Ok(ReferenceChoice::new(manifest, sha256))
}

#[async_trait]
impl References for CatalogChoices {
    async fn choices(&self) -> PortResult<Arc<ReferenceChoices>> {
        self.0.get().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{FolderCatalog, MAX_AGE};
    use crate::testkit::{reference_file, reference_manifest};
    use crate::usecases::catalog;
    use gas_runtime::LogCapture;
    use gas_shared::catalog::EntryState;
    use gas_shared::reference::ENGINE_FORMAT;

    const IDS: [&str; 3] = [
        "homo_sapiens/GRCh37/ensembl-87",
        "homo_sapiens/GRCh38/ensembl-115",
        "mus_musculus/GRCm39/ensembl-115",
    ];

    #[tokio::test(start_paused = true)]
    async fn the_active_references_can_be_chosen_and_changes_are_seen_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Arc::new(FolderCatalog::new(folder.path().join("catalog")));
        let file = reference_file(&folder.path().join("manifest.json"), b"{}");
        for id in IDS {
            let manifest = reference_manifest(id, vec![file.clone()]);
            catalog::add(&*catalog, folder.path(), manifest, false).await.unwrap();
        }
        let [first, second, third] = IDS.map(|id| id.parse::<ReferenceId>().unwrap());
        let retire = async |id: &ReferenceId| {
            catalog::set_state(&*catalog, id, EntryState::Retired).await.unwrap();
        };
        retire(&first).await;
        let choices = CatalogChoices::new(catalog.clone(), second.clone());
        let ids = async || {
            let found = choices.choices().await.unwrap();
            assert_eq!(found.default.as_ref(), Some(&second));
            found.choices.iter().map(|choice| choice.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids().await, [second.clone(), third.clone()]);
        retire(&third).await;
        assert_eq!(ids().await, [second.clone(), third.clone()], "from memory");
        tokio::time::advance(MAX_AGE).await;
        assert_eq!(ids().await, std::slice::from_ref(&second));

        let found = choices.choices().await.unwrap();
        let choice = found.find(None).unwrap();
        assert_eq!((&choice.id, choice.assembly.as_str()), (&second, "GRCh38"));
        assert_eq!(choice.gene_set.as_ref().unwrap().to_string(), "Ensembl 115");
        assert_eq!(found.find(Some(&first)), None, "it is retired");
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_list_is_used_while_the_catalog_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Arc::new(FolderCatalog::new(folder.path().join("catalog")));
        let file = reference_file(&folder.path().join("manifest.json"), b"{}");
        let manifest = reference_manifest(IDS[0], vec![file]);
        catalog::add(&*catalog, folder.path(), manifest, false).await.unwrap();
        let choices = CatalogChoices::new(catalog.clone(), IDS[0].parse().unwrap());
        let before = choices.choices().await.unwrap();
        let entry = folder.path().join(format!("catalog/entries/{}.json", IDS[0]));
        std::fs::write(entry, "{").unwrap();
        tokio::time::advance(MAX_AGE).await;
        assert_eq!(choices.choices().await.unwrap(), before);
        let new = CatalogChoices::new(catalog, IDS[0].parse().unwrap());
        assert!(new.choices().await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reference_of_another_format_is_not_offered_and_logged_once() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Arc::new(FolderCatalog::new(folder.path().join("catalog")));
        let file = reference_file(&folder.path().join("manifest.json"), b"{}");
        for (id, engine_format) in IDS.into_iter().zip([2, ENGINE_FORMAT, ENGINE_FORMAT + 1]) {
            let manifest = reference_manifest(id, vec![file.clone()]);
            let manifest = ReferenceManifest { engine_format, ..manifest };
            catalog::add(&*catalog, folder.path(), manifest, false).await.unwrap();
        }
        let log = LogCapture::start();
        let choices = CatalogChoices::new(catalog, IDS[1].parse().unwrap());
        for _ in 0..2 {
            let found = choices.choices().await.unwrap();
            assert_eq!(found.choices.len(), 1);
            assert_eq!(found.choices[0].id.as_str(), IDS[1]);
            tokio::time::advance(MAX_AGE).await;
        }
        let lines = log.lines();
        let warnings: Vec<_> =
            lines.iter().filter(|line| line.contains("not offered to users")).collect();
        assert_eq!(warnings.len(), 2, "{lines:?}");
        assert!(warnings.iter().any(|line| line.contains(IDS[0]) && line.contains("format 2")));
    }

    #[tokio::test]
    async fn a_damaged_manifest_does_not_hide_the_other_references() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Arc::new(FolderCatalog::new(folder.path().join("catalog")));
        let file = reference_file(&folder.path().join("manifest.json"), b"{}");
        let mut digests = Vec::new();
        for id in &IDS[..2] {
            let manifest = reference_manifest(id, vec![file.clone()]);
            let entry = catalog::add(&*catalog, folder.path(), manifest, false).await.unwrap();
            digests.push(entry.manifest);
        }
        let path = folder.path().join(format!("catalog/manifests/{}.json", digests[0]));
        std::fs::remove_file(path).unwrap();
        let choices = CatalogChoices::new(catalog, IDS[1].parse().unwrap());
        let found = choices.choices().await.unwrap();
        assert_eq!(found.choices.len(), 1);
        assert_eq!(found.choices[0].id.as_str(), IDS[1]);
    }
}
