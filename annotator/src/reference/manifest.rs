//! `manifest.json`: the contents of a reference and what it was built from.

use crate::contig_names::{ContigNames, plain_name};
use crate::known_assemblies::Assembly;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the reference format that is read and written.
pub const FORMAT: u32 = 2;

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

/// A file that the reference was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its role: `gff`, `fasta`, or the name of a track.
    pub role: String,
    /// File name without its folder.
    pub file: String,
    /// SHA-256 of the file as it is on disk.
    pub sha256: String,
}

/// A file of the reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceFile {
    /// File name within the folder of the reference.
    pub file: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
}

/// A track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackEntry {
    /// Name. For tracks that write to INFO, also the INFO key.
    pub name: String,
    /// The kind of track, such as `vcf` or `bed`.
    pub kind: String,
    /// File name within the folder of the reference.
    pub file: String,
    /// Number of records.
    pub records: u64,
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the reference format.
    pub format: u32,
    /// Assembly, such as `GRCh37`.
    pub assembly: String,
    /// Contigs in the order of the FASTA file.
    pub contigs: Vec<Contig>,
    /// Number of genes.
    pub genes: u64,
    /// Number of transcripts.
    pub transcripts: u64,
    /// Tracks.
    pub tracks: Vec<TrackEntry>,
    /// Files that the reference was built from.
    pub sources: Vec<Source>,
    /// Files of the reference.
    pub files: Vec<ReferenceFile>,
    /// Transcripts that were left out, by reason.
    #[serde(default)]
    pub left_out: BTreeMap<String, u64>,
    /// The regions of the transcripts and coding sequences that were left out, by the name of the contig:
    /// sorted, without overlaps.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out_regions: BTreeMap<String, Vec<(i32, i32)>>,
    /// A line for each model that was left out, with the reason; only the first models of each reason.
    pub notes: Vec<String>,
}

impl Manifest {
    /// The contigs by any spelling of their names.
    pub(crate) fn contig_names(&self) -> ContigNames {
        contig_names(&self.contigs, &self.assembly)
    }
}

/// The contigs of an assembly by any spelling of their names.
pub(super) fn contig_names(contigs: &[Contig], assembly: &str) -> ContigNames {
    let by_length =
        || contigs.iter().find_map(|c| Assembly::of_length(&plain_name(&c.name), c.length));
    let known = Assembly::named(assembly).or_else(by_length);
    let name = known.map_or(assembly, |known| known.name);
    ContigNames::new(contigs.iter().map(|c| c.name.as_str()), name)
}
