//! Builds a source file from the files of a provider, and describes it as a manifest of the catalog.

use gas_annotate::columns_of_source;
use gas_annotate::reference::Reference;
use gas_backend::catalog::checksum;
use gas_shared::source::{
    ANY_ASSEMBLY, InvalidSourceId, SOURCE_FILE_NAME, SOURCE_MANIFEST_VERSION, SourceId,
    SourceInput, SourceManifest,
};
use gas_sources::{BuildSummary, Contig, Genome, GenomeContig, InputError, Recipe, build_source};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The bytes of a file in which its release is looked for.
const HEADER_BYTES: u64 = 1 << 24;

/// What to build a source from.
#[derive(Clone, Debug)]
pub struct SourcePlan {
    /// Which values of the files the source has.
    pub recipe: Recipe,
    /// The files, sorted by position, such as one for each chromosome.
    pub files: Vec<PathBuf>,
    /// The addresses of files that were downloaded, by file name.
    pub urls: HashMap<String, String>,
    /// How many files are read at once.
    pub threads: usize,
}

/// Why a source cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SourceBuildError {
    /// The files do not fit the recipe or the genome.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The name or the release of the recipe cannot be part of an identifier.
    #[error(transparent)]
    Id(#[from] InvalidSourceId),
    /// No row is left, so that nothing would be annotated.
    #[error(
        "the source has no rows: {0:?}; do the contigs of the file have the names of the reference, and is the \
         file of its assembly?"
    )]
    NoRows(BuildSummary),
    /// A file cannot be read.
    #[error("{0}")]
    File(PathBuf, #[source] io::Error),
}

/// The genome of a reference, for the alleles and contigs of a source.
pub struct ReferenceGenome<'a> {
    reference: &'a Reference,
    sequences: Vec<&'a [u8]>,
    accessions: Vec<Option<String>>,
}

impl<'a> ReferenceGenome<'a> {
    /// The genome of an open reference.
    pub fn new(reference: &'a Reference) -> Self {
        let is_accession = |name: &String| name.starts_with("NC_");
        let aliases = reference.manifest.aliases().into_iter();
        let accessions = aliases.map(|names| names.into_iter().find(is_accession)).collect();
        let sequences = reference.contigs().map(|contig| contig.sequence).collect();
        Self { reference, sequences, accessions }
    }
}

impl Genome for ReferenceGenome<'_> {
    fn contig(&self, name: &str) -> Option<GenomeContig<'_>> {
        let found = self.reference.contig(name.as_bytes())?;
        let bases = self.sequences.get(found.number as usize)?;
        let contig = Contig {
            name: found.name.to_owned(),
            length: u32::try_from(found.sequence.len()).ok(),
            accession: self.accessions.get(found.number as usize).cloned().flatten(),
        };
        Some(GenomeContig { contig, bases })
    }
}

/// Builds the source file in a folder, and returns its manifest, with what has become of the rows. Blocks the thread for
/// hours if the input has a billion sites.
///
/// # Errors
/// [`SourceBuildError`].
pub fn build_source_file(
    plan: &SourcePlan,
    genome: Option<&dyn Genome>,
    folder: &Path,
) -> Result<(SourceManifest, BuildSummary), SourceBuildError> {
    let id = source_id(&plan.recipe)?;
    let path = folder.join(SOURCE_FILE_NAME);
    let summary = build_source(&plan.recipe, &plan.files, &path, genome, plan.threads)?;
    if summary.rows == 0 {
        return Err(SourceBuildError::NoRows(summary));
    }
    let (bytes, sha256) = digest(&path)?;
    let mut inputs = Vec::new();
    for path in &plan.files {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let url = plan.urls.get(&file).cloned();
        inputs.push(SourceInput { url, sha256: digest(path)?.1, file });
    }
    let description = plan.recipe.description();
    let manifest = SourceManifest {
        version: SOURCE_MANIFEST_VERSION,
        id,
        columns: columns_of_source(&description),
        name: description.name,
        release: description.version,
        rows: summary.rows,
        sha256,
        bytes,
        license: description.license,
        attribution: description.attribution,
        noncommercial: !plan.recipe.commercial_use,
        inputs,
    };
    Ok((manifest, summary))
}

fn digest(path: &Path) -> Result<(u64, gas_shared::reference::Sha256), SourceBuildError> {
    checksum(path).map_err(|error| SourceBuildError::File(path.to_owned(), error))
}

/// The identifier of the source of a recipe: its id, assembly and release.
fn source_id(recipe: &Recipe) -> Result<SourceId, InvalidSourceId> {
    let assembly = match &recipe.source.assembly[..] {
        "" => ANY_ASSEMBLY,
        assembly => assembly,
    };
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let release = recipe.source.version.chars().map(|c| if is_safe(c) { c } else { '-' });
    format!("{}/{assembly}/{}", recipe.id, release.collect::<String>()).parse()
}

/// The value of a `##` line at the beginning of a VCF file, such as `2026-11-21` of `##fileDate=2026-11-21`.
///
/// # Errors
/// If the file cannot be read.
pub fn input_release(path: &Path, key: &str) -> io::Result<Option<String>> {
    let mut file = BufReader::new(File::open(path)?);
    let is_gzip = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let plain: Box<dyn Read> =
        if is_gzip { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    for line in BufReader::new(plain.take(HEADER_BYTES)).lines() {
        let line = line?;
        let Some(definition) = line.strip_prefix("##") else { return Ok(None) };
        if let Some((found, value)) = definition.split_once('=')
            && found == key
        {
            return Ok(Some(value.trim().to_owned()));
        }
    }
    Ok(None)
}
