//! What new jobs can choose of a catalog: its active entries, in memory.

use crate::chain;
use crate::ports::{Catalog, CatalogId, Manifest, PortResult};
use futures::stream::{self, StreamExt};
use gas_shared::catalog::{CatalogEntry, EntryState};
use gas_shared::reference::{OtherFormat, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a list is used. Changes by operators are rare, and every upload needs the list.
pub const MAX_AGE: Duration = Duration::from_secs(30);

/// The number of manifests read at the same time.
const PARALLEL_MANIFESTS: usize = 8;

/// A list `L` of choices `C`, one for each active entry of a catalog. One request at a time reads the catalog.
pub struct ActiveList<M: Manifest, C, L> {
    catalog: Arc<dyn Catalog<M>>,
    choice: fn(M, Sha256) -> Result<C, OtherFormat>,
    list: Box<dyn Fn(Vec<C>) -> L + Send + Sync>,
    last: Mutex<Option<LastRead<C, L>>>,
}

/// The list that was read last.
struct LastRead<C, L> {
    at: Instant,
    /// By the digest of the manifest. `None` for a manifest that this version cannot use.
    choices: HashMap<Sha256, Option<C>>,
    list: Arc<L>,
}

impl<M: Manifest, C: Clone + Send + Sync, L: Send + Sync> ActiveList<M, C, L> {
    /// The list of a catalog, whose choices are made of manifests, and which is made of the choices in the order of their
    /// identifiers. Entries whose format this version does not read are left out.
    pub fn new(
        catalog: Arc<dyn Catalog<M>>,
        choice: fn(M, Sha256) -> Result<C, OtherFormat>,
        list: impl Fn(Vec<C>) -> L + Send + Sync + 'static,
    ) -> Self {
        Self { catalog, choice, list: Box::new(list), last: Mutex::default() }
    }

    /// The list. It is at most half a minute old, unless the catalog cannot be read.
    ///
    /// # Errors
    /// If the catalog cannot be read, and never was.
    pub async fn get(&self) -> PortResult<Arc<L>> {
        let mut last = self.last.lock().await;
        if let Some(last) = last.as_ref()
            && last.at.elapsed() < MAX_AGE
        {
            return Ok(last.list.clone());
        }
        let known = last.as_ref().map(|last| &last.choices);
        let read = self.read(known).await;
        let (choices, list) = match (read, last.take()) {
            (Ok(read), _) => {
                let list =
                    (self.list)(read.iter().filter_map(|(_, choice)| choice.clone()).collect());
                (read.into_iter().collect(), Arc::new(list))
            }
            // The catalog rarely changes, and the worker checks the entry again.
            (Err(error), Some(before)) => {
                let kind = M::Id::FOLDER;
                tracing::error!(kind, error = %chain(&error), "catalog not read; the last list is used");
                (before.choices, before.list)
            }
            (Err(error), None) => return Err(error),
        };
        *last = Some(LastRead { at: Instant::now(), choices, list: list.clone() });
        Ok(list)
    }

    /// The choices of all active entries, in order. Manifests never change, so that known ones are not read again.
    async fn read(
        &self,
        known: Option<&HashMap<Sha256, Option<C>>>,
    ) -> PortResult<Vec<(Sha256, Option<C>)>> {
        let entries = self.catalog.list().await?;
        let active = entries.into_iter().filter(|entry| entry.state == EntryState::Active);
        let reads = stream::iter(active).map(|entry| {
            let known = known.and_then(|known| known.get(&entry.manifest)).cloned();
            async move {
                match known {
                    Some(choice) => Ok(Some((entry.manifest, choice))),
                    None => self.read_choice(entry).await,
                }
            }
        });
        let read: Vec<PortResult<_>> = reads.buffered(PARALLEL_MANIFESTS).collect().await;
        let read: PortResult<Vec<_>> = read.into_iter().collect();
        Ok(read?.into_iter().flatten().collect())
    }

    /// Reads a manifest. One that cannot be used does not hide the others.
    async fn read_choice(
        &self,
        entry: CatalogEntry<M::Id>,
    ) -> PortResult<Option<(Sha256, Option<C>)>> {
        let kind = M::Id::KIND;
        match self.catalog.manifest(&entry.manifest).await {
            Ok(Some(stored)) => {
                let choice = (self.choice)(stored.manifest, stored.digest.clone());
                // It is known from now on, so that this is logged once.
                let choice = choice.inspect_err(|reason| {
                    tracing::warn!(kind, id = %entry.id, %reason, "entry not offered to users; build it again");
                });
                Ok(Some((stored.digest, choice.ok())))
            }
            Ok(None) => {
                tracing::error!(kind, id = %entry.id, "entry left out: it has no manifest");
                Ok(None)
            }
            Err(error) if !error.is_outage() => {
                tracing::error!(kind, id = %entry.id, error = %chain(&error), "entry left out");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
