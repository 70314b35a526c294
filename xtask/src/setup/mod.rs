//! Makes sure that everything is there that a command needs.

mod npm;
mod python;
mod reference;
mod system;
mod tools;
mod wasm;

pub(crate) use npm::{modules, node};
pub(crate) use python::python;
pub(crate) use reference::reference;
pub(crate) use system::{chromium, postgres, system_packages};
pub(crate) use tools::{CARGO_DENY, CARGO_NEXTEST, cargo_tool};
pub(crate) use wasm::{TARGET as WASM_TARGET, WasmToolchain};

use anyhow::Result;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;

/// The first 16 hexadecimal digits of a SHA-256.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest[..8].iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a stamp file says that its folder was made from these inputs.
fn is_stamped(stamp: &Path, inputs: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|text| text == inputs)
}

/// Writes the stamp, last of all.
fn stamp(stamp: &Path, inputs: &str) -> Result<()> {
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
