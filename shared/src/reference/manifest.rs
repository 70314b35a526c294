//! Manifests: what a reference contains, and where it is from.

use super::{ReferenceId, Sha256};
use crate::catalog::CatalogFile;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the manifest's format.
pub const MANIFEST_VERSION: u32 = 1;

/// The version of the engine's reference format that this version of GAS builds and reads.
pub const ENGINE_FORMAT: u32 = 3;

/// A reference that the engine of this version of GAS cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "built for another version of GAS: it has format {found}, and this version reads {ENGINE_FORMAT}"
)]
pub struct OtherFormat {
    /// The version of the engine's reference format that it has.
    pub found: u32,
}

impl OtherFormat {
    /// Checks that the engine of this version reads a format.
    ///
    /// # Errors
    /// [`OtherFormat`].
    pub const fn check(found: u32) -> Result<(), Self> {
        if found == ENGINE_FORMAT { Ok(()) } else { Err(Self { found }) }
    }

    /// Whether an earlier version has built it. A newer version of GAS, which may run beside this one during an update, reads
    /// the others.
    pub const fn is_earlier(self) -> bool {
        self.found < ENGINE_FORMAT
    }
}

/// The manifest of a published reference. It never changes: another content has another digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceManifest {
    /// The version of the manifest's format, [`MANIFEST_VERSION`].
    pub version: u32,
    /// The identifier.
    pub id: ReferenceId,
    /// The scientific name of the species, such as `Homo sapiens`.
    pub species: String,
    /// The assembly, such as `GRCh38`.
    pub assembly: String,
    /// The gene set.
    pub gene_set: GeneSet,
    /// The contigs in the order of the sequence.
    pub contigs: Vec<ReferenceContig>,
    /// The number of genes.
    pub genes: u64,
    /// The numbers of transcripts.
    pub transcripts: TranscriptCounts,
    /// The version of the engine's reference format.
    pub engine_format: u32,
    /// The files, which together are a reference of the engine.
    pub files: Vec<CatalogFile>,
    /// What the reference was built from.
    pub sources: Vec<ReferenceSource>,
    /// What a publication that uses the reference should cite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// The license of the data, by name or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
}

/// A gene set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneSet {
    /// The name, such as `Ensembl`, `GENCODE` or `RefSeq`.
    pub name: String,
    /// The release, such as `115`.
    pub release: String,
}

/// Name and release: `Ensembl 115`.
impl fmt::Display for GeneSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.release)
    }
}

/// A contig of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceContig {
    /// The name, as in the FASTA file.
    pub name: String,
    /// The length in bases.
    pub length: u64,
    /// Other names of the same sequence, such as `chr1` and `NC_000001.11`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// Numbers of transcripts. The gene set does not have a tag whose number is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptCounts {
    /// All transcripts.
    pub all: u64,
    /// Those that are canonical.
    pub canonical: u64,
    /// Those that are MANE Select.
    pub mane_select: u64,
    /// Those that are MANE Plus Clinical.
    pub mane_plus_clinical: u64,
}

/// A file that a reference was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceSource {
    /// The role: `fasta`, `gff`, or the name of a track.
    pub role: String,
    /// The file name.
    pub file: String,
    /// The digest of the file as it was read.
    pub sha256: Sha256,
    /// The address from which it was downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl ReferenceManifest {
    /// The size of all files in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// Why this program cannot use the manifest, if it cannot: it is of a newer version, or names a file
    /// outside of the reference's folder.
    pub fn problem(&self) -> Option<String> {
        if self.version != MANIFEST_VERSION {
            let version = self.version;
            return Some(format!(
                "the manifest has version {version}; this program reads {MANIFEST_VERSION}"
            ));
        }
        let mut seen = std::collections::HashSet::new();
        let unsafe_or_repeated =
            self.files.iter().find(|file| !is_plain(&file.name) || !seen.insert(&file.name));
        unsafe_or_repeated
            .map(|file| format!("{:?} is not a file name, or is not unique", file.name))
    }
}

/// Whether a name is one of a file in the reference's folder itself.
fn is_plain(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(files: &[&str]) -> ReferenceManifest {
        let sha256 = Sha256::from_bytes([7; 32]);
        let file = |name: &&str| CatalogFile {
            name: (*name).to_owned(),
            bytes: 1 << 40,
            sha256: sha256.clone(),
        };
        ReferenceManifest {
            version: MANIFEST_VERSION,
            id: "homo_sapiens/GRCh38/ensembl-115".parse().unwrap(),
            species: "Homo sapiens".to_owned(),
            assembly: "GRCh38".to_owned(),
            gene_set: GeneSet { name: "Ensembl".to_owned(), release: "115".to_owned() },
            contigs: vec![],
            genes: 0,
            transcripts: TranscriptCounts::default(),
            engine_format: ENGINE_FORMAT,
            files: files.iter().map(file).collect(),
            sources: vec![],
            attribution: None,
            license: None,
        }
    }

    #[test]
    fn a_manifest_with_files_outside_of_its_folder_or_of_a_newer_version_is_not_used() {
        assert_eq!(manifest(&["sequence.bin", "track-dbsnp.bin"]).problem(), None);
        for files in [&["../x"] as &[_], &["a/b"], &["/etc/passwd"], &["."], &[""], &["a", "a"]] {
            assert!(manifest(files).problem().is_some(), "{files:?}");
        }
        let newer = ReferenceManifest { version: MANIFEST_VERSION + 1, ..manifest(&[]) };
        assert!(newer.problem().unwrap().contains("version 2"));
    }

    #[test]
    fn the_size_is_that_of_all_files() {
        assert_eq!(manifest(&["a", "b"]).bytes(), 2 << 40);
    }
}
