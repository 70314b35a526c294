//! Any bytes as records of a phased sample, their haplotypes told on the demo reference.
#![no_main]

use gas_annotate::csq::{CsqAnnotator, CsqModel, CsqOptions};
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

static MODEL: LazyLock<CsqModel> = LazyLock::new(|| CsqModel::new(&REFERENCE));

/// Every alternative of the input is on one of the sample's haplotypes.
const GENOTYPES: [&[u8]; 4] = [b"\tGT\t0|1", b"\tGT\t1|1", b"\tGT\t1|2", b"\tGT:DP\t0/1"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let options = CsqOptions { local: first & 1 == 1, ..CsqOptions::default() };
    let mut annotator = CsqAnnotator::new(&REFERENCE, &MODEL, options, 1, first & 2 == 2);
    let mut out = Vec::new();
    for (n, line) in rest.split(|b| *b == b'\n').enumerate() {
        let mut line = line.to_vec();
        line.extend_from_slice(GENOTYPES[(n + usize::from(*first)) % GENOTYPES.len()]);
        if annotator.record(n as u64 + 1, &line, &mut out).is_err() {
            return;
        }
    }
    annotator.finish_chunk(&mut out);
});
