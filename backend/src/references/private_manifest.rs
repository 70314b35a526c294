//! The manifest of a private reference, from what the engine has written about it.
//!
//! The engine has read files of a user, so its output is checked: what it says about files is verified when
//! they are stored, and names and numbers of contigs are limited, since lists contain them.

use super::engine_manifest::EngineManifest;
use crate::chain;
use gas_shared::catalog::CatalogFile;
use gas_shared::private_reference::{MAX_NOTES, PrivateReference, SourceRole};
use gas_shared::reference::{GeneSet, MANIFEST_VERSION, ReferenceManifest, ReferenceSource};

/// What private references have instead of the name of a gene set.
const GENE_SET: &str = "Private";

/// The longest name of a contig, in bytes. NCBI and Ensembl use at most 60.
const MAX_CONTIG_NAME: usize = 200;

/// The most contigs. Draft assemblies have a million; the human genome with all scaffolds has 700.
const MAX_CONTIGS: usize = 500_000;

/// The longest note, in characters.
const MAX_NOTE_CHARS: usize = 300;

/// Why a built reference cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableReference {
    /// No contig of the sequence has a transcript, so that nothing could be annotated.
    #[error(
        "the sequence has no transcripts: do the contigs of {fasta} ({contigs}) have other names than \
         those in {gene_models}, or has that file no transcripts?"
    )]
    NoTranscripts {
        /// The name of the file with the sequences.
        fasta: String,
        /// Its first contigs.
        contigs: String,
        /// The name of the file with the gene models.
        gene_models: String,
    },
    /// The sequence has too many contigs.
    #[error("{0} has {1} contigs; at most {MAX_CONTIGS} are possible, so leave out the shortest")]
    TooManyContigs(String, usize),
    /// The name of a contig is too long.
    #[error("{0} has a contig whose name has more than {MAX_CONTIG_NAME} bytes: {1}…; shorten it")]
    LongContigName(String, String),
    /// The engine has written something else.
    #[error("the engine's manifest is invalid: {0}")]
    Engine(String),
}

/// The manifest of a private reference and notes for its owner, from the engine's manifest `json`, which is
/// itself the file `own` of the reference.
///
/// # Errors
/// [`UnusableReference`].
pub fn private_manifest(
    json: &[u8],
    own: CatalogFile,
    reference: &PrivateReference,
) -> Result<(ReferenceManifest, Vec<String>), UnusableReference> {
    let built: EngineManifest = serde_json::from_slice(json)
        .map_err(|error| UnusableReference::Engine(chain(&error).to_string()))?;
    check_contigs(&built, reference)?;
    let notes = notes(&built);
    let transcripts = built.transcripts();
    let files = built.files.into_iter().map(|file| CatalogFile {
        name: file.file,
        bytes: file.bytes,
        sha256: file.sha256,
    });
    let sources = built.sources.into_iter().map(|source| {
        let role = if source.role == "fasta" { SourceRole::Fasta } else { SourceRole::GeneModels };
        let file = reference.source(role).file_name.clone();
        ReferenceSource { role: source.role, file, sha256: source.sha256, url: None }
    });
    let id = reference.id.clone();
    let manifest = ReferenceManifest {
        version: MANIFEST_VERSION,
        species: String::new(),
        assembly: id.assembly().to_owned(),
        gene_set: GeneSet { name: GENE_SET.to_owned(), release: id.gene_set().to_owned() },
        contigs: built.contigs,
        genes: built.genes,
        transcripts,
        engine_format: built.format,
        files: [own].into_iter().chain(files).collect(),
        sources: sources.collect(),
        attribution: None,
        license: None,
        id,
    };
    match manifest.problem() {
        Some(problem) => Err(UnusableReference::Engine(problem)),
        None => Ok((manifest, notes)),
    }
}

fn check_contigs(
    built: &EngineManifest,
    reference: &PrivateReference,
) -> Result<(), UnusableReference> {
    let fasta = || reference.fasta.file_name.clone();
    if built.contigs.len() > MAX_CONTIGS {
        return Err(UnusableReference::TooManyContigs(fasta(), built.contigs.len()));
    }
    if let Some(long) = built.contigs.iter().find(|contig| contig.name.len() > MAX_CONTIG_NAME) {
        let start = long.name.chars().take(40).collect();
        return Err(UnusableReference::LongContigName(fasta(), start));
    }
    if built.transcripts().all == 0 {
        let first: Vec<&str> = built.contigs.iter().take(3).map(|c| c.name.as_str()).collect();
        return Err(UnusableReference::NoTranscripts {
            fasta: fasta(),
            contigs: first.join(", "),
            gene_models: reference.gene_models.file_name.clone(),
        });
    }
    Ok(())
}

/// Counts of left-out gene models with their reasons, then the other notes of the build.
fn notes(built: &EngineManifest) -> Vec<String> {
    let counts = built.left_out.iter();
    let counts = counts.map(|(reason, count)| format!("{count} left out: {reason}"));
    let lines = counts.chain(built.notes.iter().cloned());
    lines.take(MAX_NOTES).map(|line| line.chars().take(MAX_NOTE_CHARS).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::private_reference;
    use gas_shared::reference::Sha256;
    use serde_json::json;

    fn built(contigs: &serde_json::Value, transcripts: u64) -> Vec<u8> {
        json!({
            "format": 3, "assembly": "GRCh38", "contigs": contigs, "genes": 1,
            "transcripts": transcripts, "tracks": [],
            "sources": [
                {"role": "fasta", "file": "fasta", "sha256": "1".repeat(64)},
                {"role": "gff", "file": "gene_models", "sha256": "2".repeat(64)},
            ],
            "files": [{"file": "sequence.bin", "bytes": 4, "sha256": "3".repeat(64)}],
            "left_out": {"without a sequence": 2}, "notes": ["tx1: without a sequence"],
        })
        .to_string()
        .into_bytes()
    }

    fn manifest(json: &[u8]) -> Result<(ReferenceManifest, Vec<String>), String> {
        let sha256 = Sha256::from_bytes([9; 32]);
        let own = CatalogFile { name: "manifest.json".to_owned(), bytes: 7, sha256 };
        private_manifest(json, own, &private_reference("mine")).map_err(|error| error.to_string())
    }

    fn contig(name: &str) -> serde_json::Value {
        json!([{"name": name, "offset": 0, "length": 4}])
    }

    #[test]
    fn the_manifest_names_the_files_of_the_user_and_what_was_left_out() {
        let (manifest, notes) = manifest(&built(&contig("chr1"), 3)).unwrap();
        assert_eq!(manifest.id.as_str(), "private/GRCh38/mine");
        assert_eq!(manifest.gene_set.to_string(), "Private mine");
        assert_eq!((manifest.assembly.as_str(), manifest.transcripts.all), ("GRCh38", 3));
        let sources: Vec<&str> = manifest.sources.iter().map(|s| s.file.as_str()).collect();
        assert_eq!(sources, ["genome.fa", "genes.gff3"]);
        assert_eq!(manifest.bytes(), 11);
        assert_eq!(notes, ["2 left out: without a sequence", "tx1: without a sequence"]);
    }

    #[test]
    fn a_reference_that_could_annotate_nothing_or_has_endless_names_is_rejected() {
        let error = manifest(&built(&contig("chr1"), 0)).unwrap_err();
        assert!(error.contains("genome.fa (chr1)") && error.contains("genes.gff3"), "{error}");
        let error = manifest(&built(&contig(&"x".repeat(201)), 1)).unwrap_err();
        assert!(error.contains("more than 200 bytes") && error.len() < 200, "{error}");
        let one = r#"{"name":"c","offset":0,"length":1}"#;
        let many = vec![one; MAX_CONTIGS + 1].join(",");
        let text = String::from_utf8(built(&json!("contigs"), 1)).unwrap();
        let text = text.replacen("\"contigs\":\"contigs\"", &format!("\"contigs\":[{many}]"), 1);
        let error = manifest(text.as_bytes()).unwrap_err();
        assert!(error.contains("500001 contigs"), "{error}");
    }

    #[test]
    fn files_outside_of_the_folder_and_other_documents_are_rejected() {
        let text = String::from_utf8(built(&contig("chr1"), 1)).unwrap();
        for json in [text.replace("sequence.bin", "../x"), "{}".to_owned(), String::new()] {
            assert!(manifest(json.as_bytes()).unwrap_err().contains("manifest"), "{json}");
        }
    }
}
