//! Random texts of digits and letters with a checksum, for secrets that users copy.
//!
//! The checksum tells a mistyped secret from an unknown one without a look-up.

use crate::ports::{PortError, PortResult};

/// The most characters of random text.
const MAX_CHARS: usize = 64;

/// Six characters out of 62 represent any 32 bits.
pub const CHECKSUM_CHARS: usize = 6;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A random text of `chars` characters, at most 64; each has 5.95 bits of entropy.
///
/// # Errors
/// If the system's random number generator fails.
pub fn random_text(chars: usize) -> PortResult<String> {
    let chars = chars.min(MAX_CHARS);
    let mut random = String::with_capacity(chars);
    while random.len() < chars {
        let mut bytes = [0; MAX_CHARS];
        getrandom::fill(&mut bytes)
            .map_err(|error| PortError::new("get random bytes", error.to_string()))?;
        // Values from 248 = 4 * 62 are rejected, so that all characters are equally likely.
        let even = bytes.iter().filter(|byte| **byte < 248);
        let found = even.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        random.extend(found.take(chars - random.len()));
    }
    Ok(random)
}

/// The CRC-32 of a text in base 62.
pub fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// Whether a text has `chars` characters of digits and letters, followed by their checksum.
pub fn has_checksum(text: &str, chars: usize) -> bool {
    text.len() == chars + CHECKSUM_CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && checksum(&text[..chars]) == text[chars..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_follow_the_published_rule() {
        // The check value of CRC-32: that of "123456789" is 0xcbf43926 = 3421780262.
        assert_eq!(checksum("123456789"), "3jZRME");
        assert_eq!(checksum(""), "000000");
        assert!(has_checksum("1234567893jZRME", 9) && !has_checksum("1234567883jZRME", 9));
        assert!(!has_checksum("1234567893jZRME", 8) && !has_checksum("ééééééé", 8));
    }

    #[test]
    fn random_texts_have_the_length_and_differ() {
        let (one, other) = (random_text(32).unwrap(), random_text(32).unwrap());
        assert_ne!(one, other);
        assert!(one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
