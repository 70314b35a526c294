//! Any bytes as a record, annotated on the demo reference.
#![no_main]

use gas_annotate::annotate::Annotator;
use gas_annotate::layout::Layout;
use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::LazyLock;

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/reference");
    let out = tempfile::tempdir().expect("a temporary folder").keep();
    build_reference(&BuildOptions {
        gff: vec![assets.join("demo.gff3.gz")],
        fasta: vec![assets.join("demo.fa.gz")],
        vcf_tracks: Vec::new(),
        bed_tracks: Vec::new(),
        assembly: "GRCh37".to_owned(),
        out: out.clone(),
    })
    .expect("the demo sources are sound");
    Reference::open(&out).expect("the bundle was just built")
});

fuzz_target!(|bytes: &[u8]| {
    let mut annotator = Annotator::new(&REFERENCE, 0, Layout::Csq, true);
    let mut out = Vec::new();
    let _ = annotator.record(1, bytes, &mut out);
});
