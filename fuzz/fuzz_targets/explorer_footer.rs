//! Decodes arbitrary bytes as the decompressed footer of an index. The first byte is the version of
//! the format.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((version, text)) = bytes.split_first() else { return };
    let _ = gas_explorer::fuzzing::footer(text, 1 + u32::from(version % 5), 1 << 20);
});
