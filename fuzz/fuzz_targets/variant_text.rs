//! Reads arbitrary bytes as a line of a variant list. A text that is recognized as such a list by one line has a
//! line of a form that the parser knows.
#![no_main]

use gas_annotate::text_input::check_line;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = check_line(bytes) {
        assert!(error.column >= 1 && error.column <= bytes.len() + 1);
        assert!(!error.message.is_empty());
    }
    let _ = gas_shared::vcf::is_variant_list(bytes);
});
