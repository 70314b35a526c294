//! `manifest.json`: what a bundle holds and where it came from.

use serde::{Deserialize, Serialize};

/// The bundle format this version reads and writes.
pub const FORMAT: u32 = 1;

/// A contig of the sequence file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contig {
    /// Name, as in the FASTA file.
    pub name: String,
    /// Offset of its first base in `sequence.bin`.
    pub offset: u64,
    /// Length in bases.
    pub length: u64,
}

/// A file the bundle was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What it is for: `gff`, `fasta`, or a track's name.
    pub role: String,
    /// File name without folders.
    pub file: String,
    /// SHA-256 of the file as it is on disk.
    pub sha256: String,
}

/// A file of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleFile {
    /// File name within the bundle.
    pub file: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
}

/// A track of known variants or regions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackEntry {
    /// Name, as shown and as written into INFO.
    pub name: String,
    /// `vcf` or `bed`.
    pub kind: String,
    /// File name within the bundle.
    pub file: String,
    /// Records.
    pub records: u64,
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Bundle format.
    pub format: u32,
    /// Assembly, such as `GRCh37`.
    pub assembly: String,
    /// Contigs in the order of the FASTA file.
    pub contigs: Vec<Contig>,
    /// Genes.
    pub genes: u64,
    /// Transcripts.
    pub transcripts: u64,
    /// Tracks.
    pub tracks: Vec<TrackEntry>,
    /// Files the bundle was built from.
    pub sources: Vec<Source>,
    /// Files of the bundle.
    pub files: Vec<BundleFile>,
    /// What was left out and why, a line each.
    pub notes: Vec<String>,
}
