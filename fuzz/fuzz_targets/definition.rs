//! Repairs arbitrary bytes as a line of the header: a repaired line needs no further repair, and nothing
//! is left to repair in it.
#![no_main]

use gas_shared::vcf::{Definition, repair_definitions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let line = [b"##", bytes].concat();
    let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
    // Without the carriage return, another definition would begin there.
    if line.windows(2).any(|pair| pair == b"#\r") {
        return;
    }
    let repaired = repair_definitions(line);
    let length: usize = repaired.iter().map(|line| line.text.len()).sum();
    // At most brackets and a quotation mark are added to each definition.
    assert!(length <= line.len() + 3 * repaired.len(), "{repaired:?}");
    for line in &repaired {
        if let Some(definition) = Definition::parse(&line.text) {
            let _ = (definition.id(), definition.is_unique());
            for field in [&b"Number"[..], b"Description", b"length"] {
                let _ = definition.field(field);
            }
        }
        assert!(!line.text.contains(&b'\r'));
        let again = repair_definitions(&line.text);
        assert_eq!(again.len(), 1, "{line:?}");
        assert_eq!((again[0].text.as_ref(), again[0].problem), (line.text.as_ref(), None));
    }
});
