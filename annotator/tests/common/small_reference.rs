//! A reference from a FASTA text and a GFF3 text, for tests with models of their own. Tests include
//! this file by its path.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use std::path::Path;

/// Builds a reference and opens it. Its folder is removed when the process ends or earlier.
pub fn small_reference(fasta: &str, gff3: &str) -> Reference {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("reference");
    build(&out, fasta, gff3);
    // The mapped files stay readable after the folder is gone.
    Reference::open(&out).unwrap()
}

/// Builds a reference in a folder.
pub fn build(out: &Path, fasta: &str, gff3: &str) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    build_reference(&BuildOptions {
        gff: vec![write("models.gff3", gff3)],
        fasta: vec![write("genome.fa", fasta)],
        vcf_tracks: Vec::new(),
        bed_tracks: Vec::new(),
        assembly: "test".to_owned(),
        out: out.to_owned(),
    })
    .unwrap();
}
