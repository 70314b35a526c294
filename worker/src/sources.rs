//! The sources of a worker: those of the catalog, through the cache in which references are, too.

use crate::outage::MaybeOutage;
use crate::reference_cache::{CacheError, CacheLease, CatalogCache};
use gas_backend::ports::{PortError, SourceCatalog, Sources as _};
use gas_backend::sources::CatalogSources;
use gas_shared::UsedSource;
use gas_shared::source::{SourceChoice, SourceId, SourceManifest};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The sources that jobs can have; by default none.
#[derive(Default)]
pub(crate) struct Sources(Option<OfCatalog>);

struct OfCatalog {
    catalog: Arc<dyn SourceCatalog>,
    active: CatalogSources,
    cache: CatalogCache<SourceManifest>,
}

/// A source that a run can use. It stays in the cache as long as this value lives.
#[derive(Debug)]
pub(crate) struct OpenSource {
    /// What results of it state.
    pub(crate) used: UsedSource,
    /// The argument of the engine: the path of the file, with the id and the digest, which the catalog has verified.
    pub(crate) argument: String,
    lease: CacheLease,
}

impl OpenSource {
    /// The folder that the engine reads.
    pub(crate) fn folder(&self) -> &Path {
        self.lease.folder()
    }
}

/// Why a job cannot have its sources.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceFailure {
    #[error("the source {0} is retired or no longer exists; run the job again without it")]
    Absent(SourceId),
    #[error(transparent)]
    Catalog(#[from] PortError),
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl MaybeOutage for SourceFailure {
    fn is_outage(&self) -> bool {
        self.port().is_some_and(PortError::is_outage)
    }
}

impl SourceFailure {
    /// The failure of the catalog, if it is that.
    fn port(&self) -> Option<&PortError> {
        match self {
            Self::Catalog(error) | Self::Cache(CacheError::Catalog(error)) => Some(error),
            Self::Absent(_) | Self::Cache(_) => None,
        }
    }
}

impl Sources {
    /// The sources of a catalog.
    pub(crate) fn of_catalog(
        catalog: Arc<dyn SourceCatalog>,
        cache: CatalogCache<SourceManifest>,
    ) -> Self {
        Self(Some(OfCatalog { active: CatalogSources::new(catalog.clone()), catalog, cache }))
    }

    /// The sources of a job with a reference of an assembly: those with these ids, or the default ones of the
    /// assembly. They are fetched from the catalog unless they are in the cache, which can take minutes.
    ///
    /// # Errors
    /// If one of them is not there.
    pub(crate) async fn acquire(
        &self,
        wanted: Option<&[SourceId]>,
        assembly: Option<&str>,
    ) -> Result<Vec<OpenSource>, SourceFailure> {
        let Some(OfCatalog { catalog, active, cache }) = &self.0 else {
            let first = wanted.and_then(<[SourceId]>::first);
            return first.map_or(Ok(Vec::new()), |id| Err(SourceFailure::Absent(id.clone())));
        };
        if wanted.is_some_and(<[SourceId]>::is_empty) {
            return Ok(Vec::new());
        }
        let choices = active.choices().await?;
        let absent = |id: &SourceId| SourceFailure::Absent(id.clone());
        let chosen: Vec<&SourceChoice> = match (wanted, assembly) {
            (Some(ids), _) => {
                let found = ids.iter().map(|id| choices.find(id).ok_or_else(|| absent(id)));
                found.collect::<Result<_, _>>()?
            }
            (None, Some(assembly)) => choices.defaults(assembly),
            (None, None) => Vec::new(),
        };
        let mut open = Vec::new();
        for choice in chosen {
            let stored = catalog.manifest(&choice.sha256).await?;
            let stored = stored.ok_or_else(|| absent(&choice.id))?;
            let lease = cache.acquire(&stored).await?;
            let file = stored.manifest.file();
            let path: PathBuf = lease.folder().join(&file.name);
            let argument = format!("{},id={},sha256={}", path.display(), choice.id, file.sha256);
            open.push(OpenSource { used: UsedSource::of(choice), argument, lease });
        }
        Ok(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_backend::catalog::FolderCatalog;
    use gas_backend::testkit::{catalog_file, source_manifest};
    use gas_backend::usecases::catalog;
    use gas_shared::catalog::EntryState;

    struct Fixture {
        folder: tempfile::TempDir,
        catalog: Arc<FolderCatalog<SourceManifest>>,
    }

    impl Fixture {
        async fn new(ids: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let catalog = Arc::new(FolderCatalog::new(folder.path().join("catalog")));
            for id in ids {
                let file = catalog_file(&folder.path().join("source.gas"), id.as_bytes());
                let mut manifest = source_manifest(id, file);
                // Each has a column of its own.
                manifest.columns[0].name = id.replace('/', "_");
                catalog::add(&*catalog, folder.path(), manifest, false).await.unwrap();
            }
            Self { folder, catalog }
        }

        fn sources(&self, limit: u64) -> Sources {
            let cache =
                CatalogCache::new(self.folder.path().join("cache"), limit, self.catalog.clone());
            Sources::of_catalog(self.catalog.clone(), cache)
        }
    }

    fn id(text: &str) -> SourceId {
        text.parse().unwrap()
    }

    fn ids(sources: &[OpenSource]) -> Vec<&str> {
        sources.iter().map(|source| source.used.id.as_str()).collect()
    }

    const IDS: [&str; 3] = ["clinvar/GRCh37/1", "clinvar/GRCh38/1", "constraint/any/4"];

    #[tokio::test]
    async fn a_job_has_the_sources_of_its_reference_or_those_that_it_names() {
        let fixture = Fixture::new(&IDS).await;
        let sources = fixture.sources(1 << 20);
        let default = sources.acquire(None, Some("hg38")).await.unwrap();
        assert_eq!(ids(&default), ["clinvar/GRCh38/1", "constraint/any/4"]);
        let path = default[0].argument.split(',').next().unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "clinvar/GRCh38/1");
        assert!(path.starts_with(&default[0].folder().display().to_string()));
        assert!(default[0].argument.contains(",id=clinvar/GRCh38/1,sha256="), "{default:?}");
        let named = sources.acquire(Some(&[id("constraint/any/4")]), Some("hg38")).await.unwrap();
        assert_eq!(ids(&named), ["constraint/any/4"]);
        for (wanted, assembly) in [(Some(&[][..]), Some("hg38")), (None, None)] {
            assert_eq!(ids(&sources.acquire(wanted, assembly).await.unwrap()), [""; 0]);
        }
    }

    #[tokio::test]
    async fn a_source_that_is_not_there_is_named() {
        let fixture = Fixture::new(&IDS).await;
        catalog::set_state(&*fixture.catalog, &id(IDS[1]), EntryState::Retired).await.unwrap();
        for sources in [fixture.sources(1 << 20), Sources::default()] {
            let error = sources.acquire(Some(&[id(IDS[1])]), Some("GRCh38")).await.unwrap_err();
            assert!(matches!(&error, SourceFailure::Absent(absent) if *absent == id(IDS[1])));
            assert!(!error.is_outage());
        }
        assert_eq!(ids(&Sources::default().acquire(None, Some("GRCh38")).await.unwrap()), [""; 0]);
        let small = fixture.sources(3).acquire(None, Some("GRCh38")).await.unwrap_err();
        assert!(small.to_string().starts_with("source constraint/any/4 has 16 bytes"), "{small}");
    }
}
