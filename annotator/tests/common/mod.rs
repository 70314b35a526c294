//! The demo reference, built once per process. The tests of the engine and of the explorer and the
//! fuzz targets include this file.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The folder of a GRCh37 reference with the first 5 Mb of chromosome 20 and the mitochondrion.
pub static REFERENCE_FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
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

/// The open reference.
pub static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| Reference::open(&REFERENCE_FOLDER).unwrap());
