//! The references that jobs can choose, in memory.

use super::lock;
use crate::ports::{PortResult, References, StoredManifest};
use crate::testkit::reference_manifest;
use async_trait::async_trait;
use gas_shared::reference::{ReferenceChoice, ReferenceChoices, ReferenceId};
use std::sync::{Arc, Mutex};

/// References in memory; none at first.
#[derive(Debug, Default)]
pub struct FakeReferences(Mutex<ReferenceChoices>);

impl FakeReferences {
    /// Adds an active reference. The first one is the default.
    ///
    /// # Panics
    /// If `id` is not a valid identifier.
    #[expect(clippy::unwrap_used, reason = "for tests only")]
    pub fn add(&self, id: &str) -> ReferenceChoice {
        let stored = StoredManifest::new(reference_manifest(id, Vec::new())).unwrap();
        let choice = ReferenceChoice::new(stored.manifest, stored.digest);
        let mut choices = lock(&self.0);
        choices.default.get_or_insert_with(|| choice.id.clone());
        choices.choices.push(choice.clone());
        choice
    }

    /// Changes a reference.
    ///
    /// # Panics
    /// If no reference has this id.
    #[expect(clippy::unwrap_used, reason = "for tests only")]
    pub fn change(&self, id: &ReferenceId, change: impl FnOnce(&mut ReferenceChoice)) {
        change(lock(&self.0).choices.iter_mut().find(|choice| choice.id == *id).unwrap());
    }

    /// Removes a reference, as retiring it does.
    pub fn retire(&self, id: &ReferenceId) {
        lock(&self.0).choices.retain(|choice| choice.id != *id);
    }
}

#[async_trait]
impl References for FakeReferences {
    async fn choices(&self) -> PortResult<Arc<ReferenceChoices>> {
        Ok(Arc::new(lock(&self.0).clone()))
    }
}
