//! Checks arbitrary bytes as an uploaded file: reader, limits, header, and every record against the
//! demo reference. The first byte tells whether the file is compressed, because random bytes are not
//! valid gzip.
#![no_main]

use flate2::Compression;
use flate2::write::GzEncoder;
use gas_annotate::check::{CheckOptions, check_file};
use gas_fuzz::SCRATCH;
use gas_fuzz::demo::REFERENCE;
use gas_shared::vcf::InputLimits;
use libfuzzer_sys::fuzz_target;
use std::io::Write as _;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let file = if first % 2 == 0 {
        rest.to_vec()
    } else {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::new(1));
        gzip.write_all(rest).unwrap();
        gzip.finish().unwrap()
    };
    let path = SCRATCH.join("in.vcf");
    std::fs::write(&path, file).unwrap();
    let options = CheckOptions {
        limits: InputLimits::DEFAULT,
        max_findings: 20,
        max_mismatch_percent: 100.0,
    };
    let report = check_file(&path, Some(&REFERENCE), &options);
    if let Ok(report) = report {
        assert!(!report.valid || report.records > 0);
    }
});
