//! SHA-256 digests, by which the catalog of references names its content.

use crate::text_serde::serialize_as_text;
use std::fmt;
use std::str::FromStr;

/// The length of a digest in hexadecimal digits.
const HEX_DIGITS: usize = 64;

/// A SHA-256 digest as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256(String);

/// A text that is not a SHA-256 digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 digest has 64 lower-case hexadecimal digits")]
pub struct InvalidSha256;

impl Sha256 {
    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest as a hash function returns it.
    pub fn from_bytes(bytes: [u8; HEX_DIGITS / 2]) -> Self {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
        Self(bytes.into_iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect())
    }
}

impl FromStr for Sha256 {
    type Err = InvalidSha256;

    fn from_str(text: &str) -> Result<Self, InvalidSha256> {
        let is_hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == HEX_DIGITS && is_hex {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSha256)
        }
    }
}

serialize_as_text!(Sha256);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_lower_case_hexadecimal() {
        let text = "09af".repeat(16);
        let digest: Sha256 = text.parse().unwrap();
        let mut bytes = [0; 32];
        bytes.chunks_mut(2).for_each(|pair| pair.copy_from_slice(&[0x09, 0xaf]));
        assert_eq!(digest, Sha256::from_bytes(bytes));
        for other in ["", "09AF", &"09AF".repeat(16), &"../.".repeat(16), &"09af".repeat(17)] {
            assert!(other.parse::<Sha256>().is_err(), "{other:?}");
        }
    }
}
