//! Decodes arbitrary bytes as a decompressed column of a block. The first bytes are the kind of the
//! column and the number of its records.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [kind, low, high, text @ ..] = bytes else { return };
    let _ = gas_explorer::fuzzing::column(text, *kind, u16::from_le_bytes([*low, *high]));
});
