//! Stamp files: they record the inputs from which a folder was made, so that it is made again only if
//! its inputs change.

use anyhow::Result;
use sha2::{Digest, Sha256};
use std::path::Path;

/// The first 16 hexadecimal digits of the SHA-256 of the bytes.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))[..16].to_owned()
}

/// Whether the stamp file records these inputs.
pub(super) fn is_stamped(stamp: &Path, inputs: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|text| text == inputs)
}

/// Writes the stamp file. It must be written last, after everything else in the folder.
pub(super) fn stamp(stamp: &Path, inputs: &str) -> Result<()> {
    Ok(std::fs::write(stamp, inputs)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_sixteen_digits() {
        assert_eq!(short_hash(b""), "e3b0c44298fc1c14");
    }
}
