//! The gene models of references.

use crate::error::ApiError;
use crate::server::errors;
use gas_annotate::reference::{GeneModel, GeneModels};
use gas_backend::ports::{PortResult, ReferenceCatalog};
use gas_backend::references::PrivateCatalogs;
use gas_backend::usecases::ResultAccess;
use gas_shared::Provenance;
use gas_shared::reference::{ReferenceId, Sha256};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The most references whose genes are in memory. Those of a human reference have about 30 MB.
const MAX_IN_MEMORY: usize = 4;

/// Where the references are.
#[derive(Clone)]
pub enum ReferenceSource {
    /// The web servers of this deployment have no reference.
    None,
    /// One reference, in a folder.
    Folder(PathBuf),
    /// A catalog, and the reference of jobs that name none.
    Catalog(Arc<dyn ReferenceCatalog>, ReferenceId),
}

/// The genes of the references. They are loaded on first use, one reference at a time; those that were
/// used last stay in memory.
#[derive(Clone)]
pub struct Genes {
    source: ReferenceSource,
    /// The private references of users, if there are any.
    private: Option<PrivateCatalogs>,
    /// The last used first.
    loaded: Arc<Mutex<Vec<LoadedGenes>>>,
}

/// The genes of a reference in memory.
struct LoadedGenes {
    /// The manifest of the reference; `None` for that of the folder.
    manifest: Option<Sha256>,
    models: Arc<GeneModels>,
}

impl Genes {
    /// The genes of the references of a source, and of users.
    pub fn new(source: ReferenceSource, private: Option<PrivateCatalogs>) -> Self {
        Self { source, private, loaded: Arc::default() }
    }

    /// The genes of the reference that a result was made with; without a provenance, those of the
    /// reference of jobs that name none. `None` if the web servers do not have it.
    ///
    /// # Errors
    /// If the reference cannot be read; the next request tries again.
    pub async fn of(
        &self,
        access: &ResultAccess,
        provenance: Option<&Provenance>,
    ) -> Result<Option<Arc<GeneModels>>, ApiError> {
        if let Some(known) = provenance
            && known.reference.is_private()
        {
            let Some(private) = &self.private else { return Ok(None) };
            let source =
                ReferenceSource::Catalog(access.private_catalog(private), known.reference.clone());
            return self.of_manifest(&source, Some(known.reference_sha256.clone()), None).await;
        }
        let manifest = match (&self.source, provenance) {
            (ReferenceSource::None, _) => return Ok(None),
            (ReferenceSource::Folder(_), _) => None,
            (ReferenceSource::Catalog(..), Some(known)) => Some(known.reference_sha256.clone()),
            (ReferenceSource::Catalog(catalog, default), None) => {
                match catalog.entry(default).await? {
                    Some(entry) => Some(entry.manifest),
                    None => return Ok(None),
                }
            }
        };
        self.of_manifest(&self.source, manifest, provenance).await
    }

    /// The genes of the reference with a manifest in a source, from memory if they are there.
    async fn of_manifest(
        &self,
        source: &ReferenceSource,
        manifest: Option<Sha256>,
        provenance: Option<&Provenance>,
    ) -> Result<Option<Arc<GeneModels>>, ApiError> {
        let mut loaded = self.loaded.lock().await;
        let models = match loaded.iter().position(|genes| genes.manifest == manifest) {
            Some(place) => loaded.remove(place).models,
            None => match load(source, manifest.as_ref()).await? {
                Some(models) => Arc::new(models),
                None => return Ok(None),
            },
        };
        loaded.insert(0, LoadedGenes { manifest, models: models.clone() });
        loaded.truncate(MAX_IN_MEMORY);
        // The folder may have another reference now than when the job ran.
        let is_same = provenance.is_none_or(|known| known.assembly == models.assembly);
        Ok(is_same.then_some(models))
    }
}

/// Reads the genes of the folder, or of the reference with a manifest. `None` if that reference was removed.
async fn load(
    source: &ReferenceSource,
    manifest: Option<&Sha256>,
) -> Result<Option<GeneModels>, ApiError> {
    match (source, manifest) {
        (ReferenceSource::Folder(folder), _) => read(folder).await.map(Some),
        (ReferenceSource::Catalog(catalog, _), Some(digest)) => {
            let folder = tempfile::tempdir().map_err(|error| errors::internal(&error))?;
            if fetch(&**catalog, digest, folder.path()).await? {
                read(folder.path()).await.map(Some)
            } else {
                tracing::warn!(manifest = %digest, "no genes are shown: the reference was removed");
                Ok(None)
            }
        }
        _ => Ok(None),
    }
}

/// Fetches the files with the genes into a folder. Returns false if the reference was removed.
async fn fetch(catalog: &dyn ReferenceCatalog, digest: &Sha256, folder: &Path) -> PortResult<bool> {
    let Some(stored) = catalog.manifest(digest).await? else { return Ok(false) };
    let is_needed = |name: &str| GeneModels::FILES.contains(&name);
    for file in stored.manifest.files.iter().filter(|file| is_needed(&file.name)) {
        if catalog.object_size(&file.sha256).await?.is_none() {
            return Ok(false);
        }
        catalog.fetch_object(file, &folder.join(&file.name)).await?;
    }
    Ok(true)
}

async fn read(folder: &Path) -> Result<GeneModels, ApiError> {
    let folder = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || GeneModels::open(&folder)).await;
    let opened = opened.map_err(|error| errors::internal(&error))?;
    opened.map_err(|error| errors::internal(&error))
}

/// A gene as igv.js draws it, with half-open, 0-based intervals
/// (<https://igv.org/doc/igvjs/#Feature-Annotations>).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Feature<'a> {
    chr: &'a str,
    start: i32,
    end: i32,
    name: &'a str,
    strand: &'static str,
    /// Shown in the popover.
    transcript: &'a str,
    biotype: &'a str,
    cd_start: i32,
    cd_end: i32,
    exons: Vec<Span>,
}

#[derive(Debug, Serialize)]
struct Span {
    start: i32,
    end: i32,
}

impl<'a> Feature<'a> {
    /// A gene on a contig, spelled as in the result.
    pub fn new(chr: &'a str, gene: &'a GeneModel) -> Self {
        // Without a coding region, all exons are drawn thin, as UTRs are.
        let (first, last) = gene.coding.unwrap_or((gene.end + 1, gene.end));
        let span = |(start, end): &(i32, i32)| Span { start: start - 1, end: *end };
        Self {
            chr,
            start: gene.start - 1,
            end: gene.end,
            name: &gene.name,
            strand: gene.strand.sign(),
            transcript: &gene.transcript,
            biotype: &gene.biotype,
            cd_start: first - 1,
            cd_end: last,
            exons: gene.exons.iter().map(span).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_annotate::reference::{BuildOptions, build_reference};
    use gas_backend::catalog::FolderCatalog;
    use gas_backend::testkit::{FakeObjects, reference_file, reference_manifest};
    use gas_backend::usecases::catalog;
    use gas_shared::{JobId, UserId};
    use uuid::Uuid;

    const OWNER: UserId = UserId::new(Uuid::from_u128(1));

    /// References of catalogs are for everybody.
    const ACCESS: &ResultAccess = &access(OWNER);

    const fn access(owner: UserId) -> ResultAccess {
        ResultAccess::of_owner(owner, JobId::new(Uuid::nil()))
    }

    /// Adds a reference with one gene to a catalog, and returns the provenance of its results.
    async fn add(catalog: &FolderCatalog, assembly: &str, gene: &str) -> Provenance {
        add_to(catalog, &format!("homo_sapiens/{assembly}/x"), assembly, gene).await
    }

    async fn add_to(
        catalog: &dyn ReferenceCatalog,
        id: &str,
        assembly: &str,
        gene: &str,
    ) -> Provenance {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let models = format!(
            "##gff-version 3\n1\tx\tgene\t10\t60\t.\t+\t.\tID=gene:G;Name={gene};biotype=lncRNA\n\
             1\tx\tlnc_RNA\t10\t60\t.\t+\t.\tID=transcript:T;Parent=gene:G;biotype=lncRNA\n\
             1\tx\texon\t10\t60\t.\t+\t.\tParent=transcript:T\n"
        );
        let built = folder.path().join("built");
        build_reference(&BuildOptions {
            gff: vec![write("models.gff3", models)],
            fasta: vec![write("sequence.fa", format!(">1\n{}\n", "ACGT".repeat(25)))],
            vcf_tracks: Vec::new(),
            bed_tracks: Vec::new(),
            assembly: assembly.to_owned(),
            out: built.clone(),
        })
        .unwrap();
        let file = |name: &str| {
            let content = std::fs::read(built.join(name)).unwrap();
            reference_file(&folder.path().join(name), &content)
        };
        let manifest = reference_manifest(id, GeneModels::FILES.map(file).to_vec());
        let entry = catalog::add(catalog, folder.path(), manifest, false).await.unwrap();
        Provenance {
            reference: entry.id,
            reference_sha256: entry.manifest,
            assembly: assembly.to_owned(),
            gene_set: None,
            engine: None,
            sources: Vec::new(),
        }
    }

    fn name(models: Option<&Arc<GeneModels>>) -> String {
        models.unwrap().overlapping("chr1", (1, 100)).map(|gene| &*gene.name).collect()
    }

    #[tokio::test]
    async fn the_genes_are_those_of_the_reference_of_the_result() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = FolderCatalog::new(folder.path());
        let first = add(&catalog, "GRCh37", "OLD1").await;
        let second = add(&catalog, "GRCh38", "NEW1").await;
        let default = first.reference.clone();
        let source = ReferenceSource::Catalog(Arc::new(catalog.clone()), default);
        let genes = Genes::new(source, None);
        for (provenance, expected) in
            [(Some(&second), "NEW1"), (Some(&first), "OLD1"), (None, "OLD1")]
        {
            assert_eq!(name(genes.of(ACCESS, provenance).await.unwrap().as_ref()), expected);
        }
        catalog::remove(&catalog, &second.reference, true).await.unwrap();
        let kept = genes.of(ACCESS, Some(&second)).await.unwrap();
        assert_eq!(name(kept.as_ref()), "NEW1", "from memory");
        let fresh = Genes::new(genes.source, None);
        assert!(fresh.of(ACCESS, Some(&second)).await.unwrap().is_none(), "it was removed");
    }

    #[tokio::test]
    async fn the_genes_of_a_private_reference_are_those_of_the_owner_of_the_result() {
        let catalogs = PrivateCatalogs::new(Arc::new(FakeObjects::default()), "bucket", "gas");
        let shown = Genes::new(ReferenceSource::None, Some(catalogs.clone()));
        let other = UserId::new(Uuid::from_u128(2));
        let mine = add_to(&*catalogs.of(OWNER), "private/GRCh37/mine", "GRCh37", "MINE1").await;
        assert!(shown.of(&access(other), Some(&mine)).await.unwrap().is_none());
        assert_eq!(name(shown.of(ACCESS, Some(&mine)).await.unwrap().as_ref()), "MINE1");
        let without = Genes::new(ReferenceSource::None, None);
        assert!(without.of(ACCESS, Some(&mine)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_memory_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = FolderCatalog::new(folder.path());
        let mut all = Vec::new();
        for number in 0..MAX_IN_MEMORY + 2 {
            all.push(add(&catalog, &format!("assembly{number}"), "GENE").await);
        }
        let default = all[0].reference.clone();
        let genes = Genes::new(ReferenceSource::Catalog(Arc::new(catalog), default), None);
        for provenance in &all {
            assert!(genes.of(ACCESS, Some(provenance)).await.unwrap().is_some());
        }
        let loaded = genes.loaded.lock().await;
        assert_eq!(loaded.len(), MAX_IN_MEMORY);
        let last = all.last().map(|provenance| &provenance.reference_sha256);
        assert_eq!(loaded[0].manifest.as_ref(), last);
    }
}
