//! Reads arbitrary bytes as the beginning of a file in any format: VCF text is never taken for another
//! format, and what is recognized stays so behind a byte order mark.
#![no_main]

use gas_shared::vcf::{check_preview, other_format};
use libfuzzer_sys::fuzz_target;

const HEADER: &[u8] = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

fuzz_target!(|bytes: &[u8]| {
    let found = other_format(bytes);
    if let Some(diagnostic) = &found {
        assert_eq!((diagnostic.line, diagnostic.column), (1, None));
        assert!(check_preview(bytes, true).is_err());
    }
    let marked = [b"\xef\xbb\xbf", bytes].concat();
    // A second mark is no part of the first one.
    if !bytes.starts_with(b"\xef\xbb\xbf") && bytes.len() < 1000 {
        assert_eq!(other_format(&marked), found);
    }
    assert_eq!(other_format(&[HEADER, bytes].concat()), None);
});
