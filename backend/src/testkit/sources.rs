//! The sources that jobs can choose, in memory.

use super::{lock, source_manifest};
use crate::ports::{PortResult, Sources, StoredManifest};
use async_trait::async_trait;
use gas_shared::catalog::CatalogFile;
use gas_shared::reference::Sha256;
use gas_shared::source::{SourceChoice, SourceChoices, SourceId};
use std::sync::{Arc, Mutex};

/// Sources in memory; none at first.
#[derive(Debug, Default)]
pub struct FakeSources(Mutex<SourceChoices>);

impl FakeSources {
    /// Adds an active source.
    ///
    /// # Panics
    /// If `id` is not a valid identifier.
    #[expect(clippy::unwrap_used, reason = "for tests only")]
    pub fn add(&self, id: &str) -> SourceChoice {
        let file =
            CatalogFile { name: String::new(), bytes: 1, sha256: Sha256::from_bytes([1; 32]) };
        let stored = StoredManifest::new(source_manifest(id, file)).unwrap();
        let choice = SourceChoice::new(stored.manifest, stored.digest);
        lock(&self.0).choices.push(choice.clone());
        choice
    }

    /// Removes a source, as retiring it does.
    pub fn retire(&self, id: &SourceId) {
        lock(&self.0).choices.retain(|choice| choice.id != *id);
    }
}

#[async_trait]
impl Sources for FakeSources {
    async fn choices(&self) -> PortResult<Arc<SourceChoices>> {
        Ok(Arc::new(lock(&self.0).clone()))
    }
}
