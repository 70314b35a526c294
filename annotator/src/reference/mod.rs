//! The reference: genome sequence, spliced sequences, gene models and tracks in one folder.
//! [`build_reference`] writes the folder once, and every run maps it into memory.

mod assemble;
mod build;
mod copies;
mod fasta;
mod genes;
mod genetic_code;
mod gff;
mod group;
mod left_out;
mod manifest;
mod read_stop_codons;
mod reading_frame;
mod recognized_code;
mod refseq_note;
mod splice;
mod stop_codons;
mod transcript;
mod transcript_features;
mod translation_exception;

pub(crate) use build::checksum;
pub use build::{BuildOptions, build_reference};
pub use genes::{GeneModel, GeneModels};
pub use manifest::{
    Contig, FORMAT, Manifest, ReferenceFile, Source, TaggedTranscripts, TrackEntry,
};

use crate::Error;
use crate::colocated::OpenTrack;
use crate::contig_names::{ContigNames, NameHint};
use crate::model::{Cds, CodonTable, ContigModel, RegionIndex, Transcript};
use gas_shared::assembly::Assembly;
use memmap2::Mmap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The name of the manifest's file.
pub const MANIFEST: &str = "manifest.json";
const SEQUENCE: &str = "sequence.bin";
const SPLICED: &str = "spliced.bin";
const MODELS: &str = "models.bin";

/// How far up- and downstream of a transcript an allele still affects it, in bases (VEP's default).
pub const UPSTREAM_BASES: i32 = 5000;

/// An open reference.
#[derive(Debug)]
pub struct Reference {
    /// The manifest.
    pub manifest: Manifest,
    names: ContigNames,
    sequence: Mmap,
    spliced: Mmap,
    contigs: Vec<ContigData>,
    tracks: Vec<OpenTrack>,
}

#[derive(Debug)]
struct ContigData {
    is_mitochondrial: bool,
    model: ContigModel,
    transcripts: RegionIndex,
    genes: NearestGenes,
}

/// One contig of a reference.
#[derive(Clone, Copy, Debug)]
pub struct ContigView<'a> {
    /// Number within the reference, from 0.
    pub number: u32,
    /// Name within the reference.
    pub name: &'a str,
    /// Whether it is a mitochondrion: by its name, by what its files say, or because the genetic code of all its coding sequences
    /// is that of mitochondria only.
    pub is_mitochondrial: bool,
    /// Bases in upper case; index 0 is position 1.
    pub sequence: &'a [u8],
    /// Genes and transcripts.
    pub model: &'a ContigModel,
    /// An index of the transcripts by region, each widened by [`UPSTREAM_BASES`].
    pub transcripts: &'a RegionIndex,
    /// Where the models lack transcripts of their source: sorted regions without overlaps.
    left_out: &'a [(i32, i32)],
    genes: &'a NearestGenes,
    spliced: &'a [u8],
}

pub(crate) fn map_file(file: &File) -> io::Result<Mmap> {
    // SAFETY: the files of a reference are written once by `build_reference` and are not changed
    // while in use. If another process truncates one, SIGBUS ends this process.
    #[expect(unsafe_code, reason = "a file cannot be mapped in safe code")]
    unsafe {
        Mmap::map(file)
    }
}

impl Reference {
    /// Opens the reference in a folder.
    ///
    /// # Errors
    /// [`Error::Reference`] if the folder is not a reference of this format or is damaged.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let manifest = read_manifest(folder)?;
        for file in &manifest.files {
            let found = fs::metadata(folder.join(&file.file)).map(|m| m.len()).ok();
            if found != Some(file.bytes) {
                let reason = format!("{} is damaged or missing; build it again", file.file);
                return Err(reference_error(folder, reason));
            }
        }
        let open = |name: &str| {
            let path = folder.join(name);
            File::open(&path).and_then(|f| map_file(&f)).map_err(Error::file(path))
        };
        let models = read_models(folder, &manifest)?;
        let contigs = models.into_iter().zip(&manifest.contigs);
        let contigs = contigs.map(|(model, contig)| ContigData::new(model, contig)).collect();
        let tracks = manifest.tracks.iter().map(|entry| open_track(folder, entry));
        Ok(Self {
            tracks: tracks.collect::<Result<_, _>>()?,
            names: manifest.contig_names(),
            sequence: open(SEQUENCE)?,
            spliced: open(SPLICED)?,
            contigs,
            manifest,
        })
    }

    /// Checks every file of the reference against its checksum.
    ///
    /// # Errors
    /// [`Error::Reference`] names the first file that differs.
    pub fn verify(&self, folder: &Path) -> Result<(), Error> {
        for file in &self.manifest.files {
            let (_, sha256) = build::checksum(&folder.join(&file.file))?;
            if sha256 != file.sha256 {
                let reason = format!("{} does not match its checksum; build it again", file.file);
                return Err(Error::Reference { path: folder.to_owned(), reason });
            }
        }
        Ok(())
    }

    /// SHA-256 of the file with the genome sequence, as the manifest has it.
    pub fn sequence_sha256(&self) -> &str {
        self.sha256(SEQUENCE)
    }

    /// SHA-256 of the file with the gene models, as the manifest has it.
    pub fn models_sha256(&self) -> &str {
        self.sha256(MODELS)
    }

    fn sha256(&self, name: &str) -> &str {
        let file = self.manifest.files.iter().find(|file| file.file == name);
        file.map_or("", |file| &file.sha256)
    }

    /// The tracks in the order of the manifest.
    pub(crate) fn tracks(&self) -> &[OpenTrack] {
        &self.tracks
    }

    /// The contig with a name in any spelling.
    pub fn contig(&self, name: &[u8]) -> Option<ContigView<'_>> {
        self.names.resolve(name).map(|number| self.contig_by_number(number))
    }

    /// What a contig's name says besides its number.
    pub(crate) fn name_hint(&self, name: &[u8]) -> Option<NameHint> {
        self.names.hint(name)
    }

    /// The assembly, if it is a known one.
    pub(crate) const fn assembly(&self) -> Option<&'static Assembly> {
        self.names.assembly()
    }

    /// The contig with a number.
    ///
    /// # Panics
    /// If the reference has no such contig.
    pub fn contig_by_number(&self, number: u32) -> ContigView<'_> {
        let entry = &self.manifest.contigs[number as usize];
        let data = &self.contigs[number as usize];
        let from = entry.offset as usize;
        ContigView {
            number,
            name: &entry.name,
            is_mitochondrial: data.is_mitochondrial,
            sequence: &self.sequence[from..from + entry.length as usize],
            model: &data.model,
            transcripts: &data.transcripts,
            left_out: self.manifest.left_out_regions.get(&entry.name).map_or(&[], Vec::as_slice),
            genes: &data.genes,
            spliced: &self.spliced,
        }
    }

    /// The contigs in order.
    pub fn contigs(&self) -> impl Iterator<Item = ContigView<'_>> {
        (0..self.contigs.len() as u32).map(|n| self.contig_by_number(n))
    }
}

fn reference_error(folder: &Path, reason: String) -> Error {
    Error::Reference { path: folder.to_owned(), reason }
}

/// Reads the manifest and checks the version of the format.
fn read_manifest(folder: &Path) -> Result<Manifest, Error> {
    let text = fs::read_to_string(folder.join(MANIFEST)).map_err(|e| {
        let how = "build one with `gas-annotate build-reference`";
        reference_error(folder, format!("{MANIFEST}: {e}; {how}"))
    })?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|e| reference_error(folder, format!("{MANIFEST}: {e}; build it again")))?;
    if manifest.format == FORMAT {
        return Ok(manifest);
    }
    let found = manifest.format;
    Err(reference_error(
        folder,
        format!("format {found} is not supported (expected {FORMAT}); build it again"),
    ))
}

/// Reads the models of each contig.
fn read_models(folder: &Path, manifest: &Manifest) -> Result<Vec<ContigModel>, Error> {
    let bytes = fs::read(folder.join(MODELS)).map_err(Error::file(folder.join(MODELS)))?;
    let models: Vec<ContigModel> = postcard::from_bytes(&bytes)
        .map_err(|e| reference_error(folder, format!("{MODELS}: {e}; build it again")))?;
    if models.len() == manifest.contigs.len() {
        return Ok(models);
    }
    Err(reference_error(folder, format!("{MODELS} and {MANIFEST} disagree; build it again")))
}

fn open_track(folder: &Path, entry: &TrackEntry) -> Result<OpenTrack, Error> {
    let path = folder.join(&entry.file);
    let bytes = fs::read(&path).map_err(Error::file(&path))?;
    OpenTrack::read(&entry.name, &entry.kind, &bytes).map_err(|reason| {
        reference_error(folder, format!("{}: {reason}; build it again", entry.file))
    })
}

impl ContigData {
    fn new(model: ContigModel, contig: &Contig) -> Self {
        let mut codes = model.transcripts.iter().filter_map(|t| Some(t.cds.as_ref()?.table));
        let has_code = codes.next().is_some_and(CodonTable::is_mitochondrial)
            && codes.all(CodonTable::is_mitochondrial);
        let spans = model.transcripts.iter().map(|t| (t.start, t.end));
        let transcripts = RegionIndex::new(spans, UPSTREAM_BASES);
        let genes = NearestGenes::new(&model);
        Self { is_mitochondrial: has_code || contig.is_mitochondrial(), model, transcripts, genes }
    }
}

impl<'a> ContigView<'a> {
    /// The bases of `start..=end`; `None` if the range is not within the contig.
    #[inline]
    pub fn bases(&self, start: i32, end: i32) -> Option<&'a [u8]> {
        if start < 1 {
            return None;
        }
        self.sequence.get(start as usize - 1..end as usize)
    }

    /// The spliced sequence of a transcript of this contig.
    #[inline]
    pub fn cdna(&self, transcript: &Transcript) -> &'a [u8] {
        let from = transcript.offset as usize;
        &self.spliced[from..from + transcript.len as usize]
    }

    /// The coding sequence. Bases that an incomplete start lacks are not included.
    #[inline]
    pub fn coding(&self, cds: &Cds) -> &'a [u8] {
        let from = cds.offset as usize;
        &self.spliced[from..from + cds.len as usize]
    }

    /// Whether the models lack a transcript of their source that overlaps `start..=end`, or a coding
    /// sequence of one.
    #[inline]
    pub fn lacks_models(&self, start: i32, end: i32) -> bool {
        if self.left_out.is_empty() {
            return false;
        }
        let next = self.left_out.partition_point(|region| region.1 < start);
        self.left_out.get(next).is_some_and(|region| region.0 <= end)
    }

    /// The gene nearest to a position and its distance in bases, which is 0 inside a gene.
    pub fn nearest_gene(&self, pos: i32) -> Option<(u32, i32)> {
        self.genes.nearest(self.model, pos)
    }
}

/// Finds the gene nearest to a position by two binary searches.
#[derive(Debug)]
struct NearestGenes {
    /// For each gene in order of start: which of it and the genes before has the greatest end.
    reaching: Vec<u32>,
}

impl NearestGenes {
    fn new(model: &ContigModel) -> Self {
        let mut best = 0u32;
        let reaching = (0..model.genes.len() as u32).map(|n| {
            if model.genes[n as usize].end > model.genes[best as usize].end {
                best = n;
            }
            best
        });
        Self { reaching: reaching.collect() }
    }

    fn nearest(&self, model: &ContigModel, pos: i32) -> Option<(u32, i32)> {
        let after = model.genes.partition_point(|g| g.start <= pos);
        let before = after.checked_sub(1).map(|n| {
            let gene = self.reaching[n];
            (gene, (pos - model.genes[gene as usize].end).max(0))
        });
        let next = model.genes.get(after).map(|g| (after as u32, g.start - pos));
        match (before, next) {
            (Some(a), Some(b)) => Some(if a.1 <= b.1 { a } else { b }),
            (a, b) => a.or(b),
        }
    }
}
