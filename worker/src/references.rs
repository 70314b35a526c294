//! The references of a worker: one in a folder, or those of the catalog through the cache.

use crate::outage::MaybeOutage;
use crate::reference_cache::{CacheError, CacheLease, CatalogCache, ReferenceCache};
use crate::sources::Sources;
use anyhow::{Context, ensure};
use clap::Args;
use gas_backend::aws::Sdk;
use gas_backend::ports::{PortError, ReferenceCatalog, StoredManifest};
use gas_backend::references::{
    PrivateCatalogs, PrivateReferences, ReferenceSettings, describe_bundle,
};
use gas_backend::sources::SourceSettings;
use gas_backend::usecases::{ReferenceError, catalog};
use gas_backend::{Deployment, chain};
use gas_shared::catalog::EntryState;
use gas_shared::reference::{OtherFormat, ReferenceChoice, ReferenceId};
use gas_shared::{Provenance, UserId};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MIB: u64 = 1024 * 1024;

/// Settings of references.
#[derive(Args, Debug)]
pub(crate) struct WorkerReferences {
    #[command(flatten)]
    pub(crate) source: ReferenceSettings,
    #[command(flatten)]
    sources: SourceSettings,
    /// The folder for references and sources from their catalogs. All workers of a machine may share it.
    #[arg(long, env = "GAS_REFERENCE_CACHE", default_value = "/var/tmp/gas-references")]
    pub(crate) reference_cache: PathBuf,
    /// The most space for references and sources from their catalogs, in MiB.
    #[arg(long, env = "GAS_REFERENCE_CACHE_MIB", default_value_t = 20_480)]
    pub(crate) reference_cache_mib: u64,
}

/// A reference that a run can use. It stays in the cache as long as this value lives.
#[derive(Debug)]
pub(crate) struct OpenReference {
    folder: PathBuf,
    /// What results of it state. `None` if the folder has no manifest of the engine.
    pub(crate) provenance: Option<Provenance>,
    // It is only kept.
    _lease: Option<CacheLease>,
}

impl OpenReference {
    /// The folder of the reference.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The references that jobs can have.
pub(crate) struct References {
    /// That of jobs that name none. It is in use as long as the worker runs.
    default: Arc<OpenReference>,
    catalog: Option<(Arc<dyn ReferenceCatalog>, ReferenceCache)>,
    private: Option<PrivateCache>,
}

/// The private references of users, and the folder and size of the cache. Files in a cache are named by their
/// content, so it can be filled from several catalogs.
pub(crate) struct PrivateCache {
    pub(crate) catalogs: PrivateCatalogs,
    pub(crate) folder: PathBuf,
    pub(crate) limit: u64,
}

/// Why a job cannot have its reference.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReferenceFailure {
    #[error("the reference {0} no longer exists; run the job again with another one")]
    Absent(ReferenceId),
    #[error("the reference {0} is retired; run the job again with another one")]
    Retired(ReferenceId),
    #[error("the reference {id} was {format}; {}", next_step(.id))]
    OtherFormat { id: ReferenceId, format: OtherFormat },
    #[error(transparent)]
    Catalog(#[from] ReferenceError),
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// What the owner of a job does about a reference of another format.
fn next_step(id: &ReferenceId) -> &'static str {
    match id.is_private() {
        true => "delete it, add it again, and run the job again",
        false => "run the job again with another one",
    }
}

impl ReferenceFailure {
    /// Whether no attempt can succeed, since there is no such reference for jobs. A worker of a newer version reads a newer
    /// format.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Absent(_) | Self::Retired(_) => true,
            Self::OtherFormat { format, .. } => format.is_earlier(),
            Self::Catalog(_) | Self::Cache(_) => false,
        }
    }

    /// The failure of the catalog, if it is that.
    pub(crate) fn port(&self) -> Option<&PortError> {
        match self {
            Self::Catalog(ReferenceError::Port(error))
            | Self::Cache(CacheError::Catalog(error)) => Some(error),
            _ => None,
        }
    }
}

impl MaybeOutage for ReferenceFailure {
    fn is_outage(&self) -> bool {
        self.port().is_some_and(PortError::is_outage)
    }
}

impl References {
    /// The reference in a folder, for all jobs.
    ///
    /// # Errors
    /// If its manifest cannot be read.
    pub(crate) fn bundle(folder: &Path) -> anyhow::Result<Self> {
        let choice = describe_bundle(folder)
            .with_context(|| format!("the reference in {} cannot be used", folder.display()))?;
        let provenance = choice.as_ref().map(Provenance::of);
        let default = OpenReference { folder: folder.to_owned(), provenance, _lease: None };
        Ok(Self { default: Arc::new(default), catalog: None, private: None })
    }

    /// Adds the private references of users, which share the space of the cache with those of the catalog.
    #[must_use]
    pub(crate) fn with_private(self, private: PrivateCache) -> Self {
        Self { private: Some(private), ..self }
    }

    /// The references of a catalog. `default` is fetched, unless it is in the cache.
    pub(crate) async fn of_catalog(
        catalog: Arc<dyn ReferenceCatalog>,
        cache: ReferenceCache,
        default: &ReferenceId,
    ) -> Result<Self, ReferenceFailure> {
        let stored = active(&*catalog, default).await?;
        let default = Arc::new(open(&cache, &stored).await?);
        Ok(Self { default, catalog: Some((catalog, cache)), private: None })
    }

    /// The folder of the reference of jobs that name none.
    pub(crate) fn default_folder(&self) -> &Path {
        self.default.folder()
    }

    /// The reference of jobs that name none, if it has a name.
    pub(crate) fn default_id(&self) -> Option<&ReferenceId> {
        self.default.provenance.as_ref().map(|provenance| &provenance.reference)
    }

    /// The reference with an id for a job of `owner`, or that of jobs that name none. It is fetched from the catalog unless it is
    /// in the cache, which can take minutes.
    pub(crate) async fn acquire(
        &self,
        owner: UserId,
        id: Option<&ReferenceId>,
    ) -> Result<Arc<OpenReference>, ReferenceFailure> {
        let Some(id) = id else { return Ok(self.default.clone()) };
        if id.is_private() {
            return self.acquire_private(owner, id).await;
        }
        let Some((catalog, cache)) = &self.catalog else {
            if self.default_id() == Some(id) {
                return Ok(self.default.clone());
            }
            return Err(ReferenceFailure::Absent(id.clone()));
        };
        let stored = active(&**catalog, id).await?;
        match &self.default.provenance {
            Some(default) if default.reference_sha256 == stored.digest => Ok(self.default.clone()),
            _ => Ok(Arc::new(open(cache, &stored).await?)),
        }
    }

    /// A reference of the owner's own. Others may have one with the same id.
    async fn acquire_private(
        &self,
        owner: UserId,
        id: &ReferenceId,
    ) -> Result<Arc<OpenReference>, ReferenceFailure> {
        let Some(PrivateCache { catalogs, folder, limit }) = &self.private else {
            return Err(ReferenceFailure::Absent(id.clone()));
        };
        let catalog = catalogs.of(owner);
        let stored = active(&*catalog, id).await?;
        let cache = ReferenceCache::new(folder, *limit, catalog);
        Ok(Arc::new(open(&cache, &stored).await?))
    }

    /// The references of the catalog that are of an assembly, and that new jobs can choose.
    pub(crate) async fn of_assembly(&self, assembly: &str) -> Vec<ReferenceId> {
        let found = match &self.catalog {
            Some((catalog, _)) => active_ids(&**catalog, assembly).await,
            None => {
                let only = self.default_id().filter(|id| id.is_of_assembly(assembly));
                Ok(only.cloned().into_iter().collect())
            }
        };
        found.unwrap_or_else(|error| {
            tracing::warn!(error = %chain(&error), "fitting references not found");
            Vec::new()
        })
    }
}

/// The manifest of an active reference.
async fn active(
    catalog: &dyn ReferenceCatalog,
    id: &ReferenceId,
) -> Result<StoredManifest, ReferenceFailure> {
    match catalog::find(catalog, id).await {
        Ok((entry, stored)) if entry.state == EntryState::Active => {
            match OtherFormat::check(stored.manifest.engine_format) {
                Ok(()) => Ok(stored),
                Err(format) => Err(ReferenceFailure::OtherFormat { id: id.clone(), format }),
            }
        }
        Ok(_) => Err(ReferenceFailure::Retired(id.clone())),
        Err(ReferenceError::Unknown(id)) => Err(ReferenceFailure::Absent(id)),
        Err(error) => Err(error.into()),
    }
}

/// The active references of an assembly that this version can use.
async fn active_ids(
    catalog: &dyn ReferenceCatalog,
    assembly: &str,
) -> Result<Vec<ReferenceId>, ReferenceFailure> {
    let mut found = Vec::new();
    for entry in catalog.list().await.map_err(ReferenceError::from)? {
        if !entry.id.is_of_assembly(assembly) {
            continue;
        }
        match active(catalog, &entry.id).await {
            Ok(_) => found.push(entry.id),
            Err(failure) if failure.is_outage() => return Err(failure),
            // It is retired, of another format, or damaged.
            Err(_) => {}
        }
    }
    Ok(found)
}

async fn open(
    cache: &ReferenceCache,
    stored: &StoredManifest,
) -> Result<OpenReference, CacheError> {
    let lease = cache.acquire(stored).await?;
    let choice = ReferenceChoice::new(stored.manifest.clone(), stored.digest.clone());
    let (folder, provenance) = (lease.folder().to_owned(), Some(Provenance::of(&choice)));
    Ok(OpenReference { folder, provenance, _lease: Some(lease) })
}

impl WorkerReferences {
    /// Finds the references, and fetches that of jobs that name none from the catalog if it is not in the
    /// cache.
    ///
    /// # Errors
    ///
    /// If there is no such reference, or it has no space.
    pub(crate) async fn open(
        &self,
        deployment: &Deployment,
        sdk: &Sdk,
        private: Option<&PrivateReferences>,
    ) -> anyhow::Result<References> {
        let references = match self.source.catalog(deployment, sdk)? {
            Some((catalog, default)) => self.of_catalog(catalog, &default).await?,
            None => self.bundle()?,
        };
        Ok(match private {
            Some(private) => {
                let (folder, limit) = self.cache()?;
                let catalogs = private.catalogs.clone();
                references.with_private(PrivateCache { catalogs, folder, limit })
            }
            None => references,
        })
    }

    /// The folder of the cache, and its size in bytes.
    fn cache(&self) -> anyhow::Result<(PathBuf, u64)> {
        let folder = std::path::absolute(&self.reference_cache)?;
        Ok((folder, self.reference_cache_mib.saturating_mul(MIB)))
    }

    /// Finds the sources.
    ///
    /// # Errors
    /// If their catalog is a bucket that is not set.
    pub(crate) fn sources(&self, deployment: &Deployment, sdk: &Sdk) -> anyhow::Result<Sources> {
        let Some(catalog) = self.sources.catalog(deployment, sdk)? else {
            return Ok(Sources::default());
        };
        let folder = std::path::absolute(&self.reference_cache)?;
        let limit = self.reference_cache_mib.saturating_mul(MIB);
        Ok(Sources::of_catalog(catalog.clone(), CatalogCache::new(folder, limit, catalog)))
    }

    /// The reference in a folder.
    fn bundle(&self) -> anyhow::Result<References> {
        let folder = self.source.reference_bundle.as_ref();
        let folder = folder.context("set GAS_REFERENCE_BUNDLE, or GAS_REFERENCE_CATALOG")?;
        ensure!(
            folder.is_dir(),
            "{} is not a folder; build a reference with `gas-annotate build-reference` and set \
             GAS_REFERENCE_BUNDLE to its folder",
            folder.display()
        );
        // The engine runs in another folder, so a relative path would not resolve.
        References::bundle(&std::path::absolute(folder)?)
    }

    async fn of_catalog(
        &self,
        catalog: Arc<dyn ReferenceCatalog>,
        default: &ReferenceId,
    ) -> anyhow::Result<References> {
        let (folder, limit) = self.cache()?;
        let cache = ReferenceCache::new(folder, limit, catalog.clone());
        let opened = References::of_catalog(catalog, cache, default).await;
        opened.with_context(|| {
            format!("reference {default} cannot be used; set GAS_REFERENCE to an active one")
        })
    }
}

#[cfg(test)]
impl References {
    /// A folder without a manifest.
    pub(crate) fn only(folder: &Path) -> Self {
        let default = OpenReference { folder: folder.to_owned(), provenance: None, _lease: None };
        Self { default: Arc::new(default), catalog: None, private: None }
    }
}

#[cfg(test)]
#[path = "references_tests.rs"]
mod tests;
