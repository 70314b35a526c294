//! The demo reference, built once for each program that includes this: the engine's tests, the
//! explorer's, and the fuzz targets.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The bundle of chromosome 20 up to 5 Mb and the mitochondrion of GRCh37.
pub static BUNDLE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let assets = folders.map(|folder| folder.join("assets/reference")).find(|path| path.is_dir());
    let assets = assets.unwrap();
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
    out
});

/// The reference in it.
pub static REFERENCE: LazyLock<Reference> = LazyLock::new(|| Reference::open(&BUNDLE).unwrap());
