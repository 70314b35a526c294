//! Builds a reference with the engine and describes it as a manifest of the catalog.

use gas_annotate::reference::{self, BuildOptions, build_reference};
use gas_backend::catalog::checksum;
use gas_shared::catalog::CatalogFile;
use gas_shared::reference::{
    GeneSet, InvalidSha256, MANIFEST_VERSION, ReferenceContig, ReferenceId, ReferenceManifest,
    ReferenceSource, TranscriptCounts,
};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// What to build a reference from, and what is known of its data.
#[derive(Clone, Debug)]
pub struct ReferencePlan {
    /// The identifier.
    pub id: ReferenceId,
    /// The scientific name of the species.
    pub species: String,
    /// The gene set.
    pub gene_set: GeneSet,
    /// Sequences in FASTA, plain or gzip.
    pub fasta: Vec<PathBuf>,
    /// Gene models in GFF3 or GTF, plain or gzip.
    pub gff: Vec<PathBuf>,
    /// Tracks from VCF files, each with a name.
    pub vcf_tracks: Vec<(String, PathBuf)>,
    /// Tracks from BED files, each with a name.
    pub bed_tracks: Vec<(String, PathBuf)>,
    /// The addresses of files that were downloaded, by file name.
    pub urls: HashMap<String, String>,
    /// What a publication should cite.
    pub attribution: Option<String>,
    /// The license of the data.
    pub license: Option<String>,
}

/// Why a reference cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The engine rejects the files.
    #[error(transparent)]
    Engine(#[from] gas_annotate::Error),
    /// No contig of the sequence has a transcript, so that nothing could be annotated.
    #[error(
        "the sequence has no transcripts: do the contigs of the FASTA file ({fasta}) have other names \
         than those of the gene models, or is the file with the gene models empty?"
    )]
    NoTranscripts {
        /// The first contigs of the FASTA file.
        fasta: String,
    },
    /// The engine's manifest has an invalid digest.
    #[error("the engine's manifest is invalid")]
    Digest(#[from] InvalidSha256),
    /// A file cannot be read.
    #[error("{0}")]
    File(PathBuf, #[source] io::Error),
}

/// Builds a reference in a folder and returns its manifest for the catalog, with notes for the operator.
/// Blocks the thread for minutes if the genome is large.
///
/// # Errors
/// [`BuildError`] if a file is unusable, or if nothing could be annotated with the reference.
pub fn build(
    plan: &ReferencePlan,
    folder: &Path,
) -> Result<(ReferenceManifest, Vec<String>), BuildError> {
    let built = build_reference(&BuildOptions {
        gff: plan.gff.clone(),
        fasta: plan.fasta.clone(),
        vcf_tracks: plan.vcf_tracks.clone(),
        bed_tracks: plan.bed_tracks.clone(),
        assembly: plan.id.assembly().to_owned(),
        out: folder.to_owned(),
    })?;
    if built.transcripts == 0 {
        let names: Vec<&str> = built.contigs.iter().take(3).map(|c| c.name.as_str()).collect();
        return Err(BuildError::NoTranscripts { fasta: names.join(", ") });
    }
    let notes = notes(&built);
    Ok((manifest(plan, folder, built)?, notes))
}

fn notes(built: &reference::Manifest) -> Vec<String> {
    let left_out = built.left_out.iter();
    let left_out = left_out.map(|(reason, n)| format!("{n} left out: {reason}"));
    built.notes.iter().take(20).cloned().chain(left_out).collect()
}

fn manifest(
    plan: &ReferencePlan,
    folder: &Path,
    built: reference::Manifest,
) -> Result<ReferenceManifest, BuildError> {
    let contigs = built.contigs.iter().zip(built.aliases()).map(|(contig, aliases)| {
        ReferenceContig { name: contig.name.clone(), length: contig.length, aliases }
    });
    let contigs = contigs.collect();
    let mut files = vec![own_manifest(folder)?];
    for file in built.files {
        files.push(CatalogFile {
            name: file.file,
            bytes: file.bytes,
            sha256: file.sha256.parse()?,
        });
    }
    let mut sources = Vec::new();
    for source in built.sources {
        sources.push(ReferenceSource {
            url: plan.urls.get(&source.file).cloned(),
            role: source.role,
            sha256: source.sha256.parse()?,
            file: source.file,
        });
    }
    Ok(ReferenceManifest {
        version: MANIFEST_VERSION,
        id: plan.id.clone(),
        species: plan.species.clone(),
        assembly: plan.id.assembly().to_owned(),
        gene_set: plan.gene_set.clone(),
        contigs,
        genes: built.genes,
        transcripts: TranscriptCounts {
            all: built.transcripts,
            canonical: built.tagged.canonical,
            mane_select: built.tagged.mane_select,
            mane_plus_clinical: built.tagged.mane_plus_clinical,
        },
        engine_format: built.format,
        files,
        sources,
        attribution: plan.attribution.clone(),
        license: plan.license.clone(),
    })
}

/// The engine's own manifest, which is a file of the reference.
fn own_manifest(folder: &Path) -> Result<CatalogFile, BuildError> {
    let path = folder.join(reference::MANIFEST);
    let (bytes, sha256) = checksum(&path).map_err(|error| BuildError::File(path, error))?;
    Ok(CatalogFile { name: reference::MANIFEST.to_owned(), bytes, sha256 })
}
