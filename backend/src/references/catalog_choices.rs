//! The references of a catalog that jobs can choose.

use crate::chain;
use crate::ports::{PortResult, ReferenceCatalog, References};
use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use gas_shared::reference::{
    ReferenceChoice, ReferenceChoices, ReferenceEntry, ReferenceId, ReferenceState, Sha256,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a list is used. Changes by operators are rare, and every upload needs the list.
const MAX_AGE: Duration = Duration::from_secs(30);

/// The number of manifests read at the same time.
const PARALLEL_MANIFESTS: usize = 8;

/// The references of a catalog, in memory. One request at a time reads the catalog.
pub struct CatalogChoices {
    catalog: Arc<dyn ReferenceCatalog>,
    default: ReferenceId,
    last: Mutex<Option<(Instant, Arc<ReferenceChoices>)>>,
}

impl CatalogChoices {
    /// The references of a catalog. Jobs that name none get `default`.
    pub fn new(catalog: Arc<dyn ReferenceCatalog>, default: ReferenceId) -> Self {
        Self { catalog, default, last: Mutex::default() }
    }

    async fn read(&self, before: Option<&ReferenceChoices>) -> PortResult<ReferenceChoices> {
        // Manifests never change.
        let before = before.map_or(&[][..], |before| &before.choices);
        let known: HashMap<&Sha256, &ReferenceChoice> =
            before.iter().map(|choice| (&choice.sha256, choice)).collect();
        let entries = self.catalog.list().await?;
        let active = entries.into_iter().filter(|entry| entry.state == ReferenceState::Active);
        let reads = stream::iter(active).map(|entry| {
            let known = known.get(&entry.manifest).map(|choice| (*choice).clone());
            async move {
                match known {
                    Some(choice) => Ok(Some(choice)),
                    None => self.read_choice(entry).await,
                }
            }
        });
        let read: Vec<PortResult<_>> = reads.buffered(PARALLEL_MANIFESTS).collect().await;
        let read: PortResult<Vec<_>> = read.into_iter().collect();
        let choices = read?.into_iter().flatten().collect();
        Ok(ReferenceChoices { default: Some(self.default.clone()), choices })
    }

    /// Reads a manifest. One that cannot be used does not hide the other references.
    async fn read_choice(&self, entry: ReferenceEntry) -> PortResult<Option<ReferenceChoice>> {
        match self.catalog.manifest(&entry.manifest).await {
            Ok(Some(stored)) => Ok(Some(ReferenceChoice::new(stored.manifest, stored.digest))),
            Ok(None) => {
                tracing::error!(reference = %entry.id, "reference left out: it has no manifest");
                Ok(None)
            }
            Err(error) if !error.is_outage() => {
                tracing::error!(reference = %entry.id, error = %chain(&error), "reference left out");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl References for CatalogChoices {
    async fn choices(&self) -> PortResult<Arc<ReferenceChoices>> {
        let mut last = self.last.lock().await;
        if let Some((read_at, choices)) = last.as_ref()
            && read_at.elapsed() < MAX_AGE
        {
            return Ok(choices.clone());
        }
        let before = last.as_ref().map(|(_, choices)| choices.clone());
        let choices = match (self.read(before.as_deref()).await, before) {
            (Ok(choices), _) => Arc::new(choices),
            // The catalog rarely changes, and the worker checks the reference again.
            (Err(error), Some(before)) => {
                tracing::error!(error = %chain(&error), "references not read; the last list is used");
                before
            }
            (Err(error), None) => return Err(error),
        };
        *last = Some((Instant::now(), choices.clone()));
        Ok(choices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::references::FolderCatalog;
    use crate::testkit::{reference_file, reference_manifest};
    use crate::usecases::{add_reference, set_reference_state};

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
            add_reference(&*catalog, folder.path(), manifest, false).await.unwrap();
        }
        let [first, second, third] = IDS.map(|id| id.parse::<ReferenceId>().unwrap());
        let retire = async |id: &ReferenceId| {
            set_reference_state(&*catalog, id, ReferenceState::Retired).await.unwrap();
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
        add_reference(&*catalog, folder.path(), manifest, false).await.unwrap();
        let choices = CatalogChoices::new(catalog.clone(), IDS[0].parse().unwrap());
        let before = choices.choices().await.unwrap();
        let entry = folder.path().join(format!("catalog/entries/{}.json", IDS[0]));
        std::fs::write(entry, "{").unwrap();
        tokio::time::advance(MAX_AGE).await;
        assert_eq!(choices.choices().await.unwrap(), before);
        let new = CatalogChoices::new(catalog, IDS[0].parse().unwrap());
        assert!(new.choices().await.is_err());
    }

    #[tokio::test]
    async fn a_damaged_manifest_does_not_hide_the_other_references() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Arc::new(FolderCatalog::new(folder.path().join("catalog")));
        let file = reference_file(&folder.path().join("manifest.json"), b"{}");
        let mut digests = Vec::new();
        for id in &IDS[..2] {
            let manifest = reference_manifest(id, vec![file.clone()]);
            let entry = add_reference(&*catalog, folder.path(), manifest, false).await.unwrap();
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
