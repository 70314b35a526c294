//! Annotates arbitrary bytes as records of a phased sample in `csq` mode, on the demo reference.
#![no_main]

use gas_annotate::csq::{CsqAnnotator, CsqModel, CsqOptions};
use gas_fuzz::demo::REFERENCE;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static MODEL: LazyLock<CsqModel> = LazyLock::new(|| CsqModel::new(&REFERENCE));

/// One sample whose haplotypes carry the alternatives of the input.
const GENOTYPES: [&[u8]; 4] = [b"\tGT\t0|1", b"\tGT\t1|1", b"\tGT\t1|2", b"\tGT:DP\t0/1"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let options = CsqOptions { local: first & 1 == 1, ..CsqOptions::default() };
    let mut annotator = CsqAnnotator::new(&REFERENCE, &MODEL, options, 1);
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
