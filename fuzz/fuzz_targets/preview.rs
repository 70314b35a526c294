//! Checks arbitrary bytes as the beginning of a VCF file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = gas_shared::vcf::check_preview(bytes, true);
    let _ = gas_shared::vcf::check_preview(bytes, false);
});
