//! The demo reference, built once for each test program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use std::path::Path;
use std::sync::LazyLock;

/// Chromosome 20 up to 5 Mb and the mitochondrion of GRCh37.
pub static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/reference");
    let out = tempfile::tempdir().unwrap().keep();
    build_reference(&BuildOptions {
        gff: vec![assets.join("demo.gff3.gz")],
        fasta: vec![assets.join("demo.fa.gz")],
        vcf_tracks: Vec::new(),
        bed_tracks: Vec::new(),
        assembly: "GRCh37".to_owned(),
        out: out.clone(),
    })
    .unwrap();
    Reference::open(&out).unwrap()
});
