//! Random texts of digits and letters with a checksum, for secrets that users copy: 32 random characters and 6 of the
//! checksum.
//!
//! The checksum tells a mistyped secret from an unknown one without a look-up.

use crate::ports::{PortError, PortResult};

/// 32 characters out of 62 have 190 bits of entropy.
const RANDOM_CHARS: usize = 32;

/// Six characters out of 62 represent any 32 bits.
const CHECKSUM_CHARS: usize = 6;

/// The random bytes that are requested at a time. Not every byte becomes a character.
const BYTES: usize = 2 * RANDOM_CHARS;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A random text with its checksum.
///
/// # Errors
/// If the system's random number generator fails.
pub fn mint() -> PortResult<String> {
    let mut text = String::with_capacity(RANDOM_CHARS + CHECKSUM_CHARS);
    while text.len() < RANDOM_CHARS {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| PortError::new("get random bytes", error.to_string()))?;
        // Values from 248 = 4 * 62 are rejected, so that all characters are equally likely.
        let even = bytes.iter().filter(|byte| **byte < 248);
        let found = even.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        text.extend(found.take(RANDOM_CHARS - text.len()));
    }
    text.push_str(&checksum(&text));
    Ok(text)
}

/// The CRC-32 of a text in base 62.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// Whether a text has the form of a [`mint`]ed one, with the right checksum.
pub fn is_valid(text: &str) -> bool {
    text.len() == RANDOM_CHARS + CHECKSUM_CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && checksum(&text[..RANDOM_CHARS]) == text[RANDOM_CHARS..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_follow_the_published_rule() {
        // The check value of CRC-32: that of "123456789" is 0xcbf43926 = 3421780262.
        assert_eq!(checksum("123456789"), "3jZRME");
        assert_eq!(checksum(""), "000000");
    }

    #[test]
    fn minted_texts_have_the_length_and_differ() {
        let (one, other) = (mint().unwrap(), mint().unwrap());
        assert_ne!(one, other);
        assert!(one.len() == 38 && is_valid(&one) && is_valid(&other));
        let mixed = format!("{}{}", &one[..RANDOM_CHARS], checksum(&other[..RANDOM_CHARS]));
        assert!(!is_valid(&mixed) && !is_valid(&one[1..]) && !is_valid(&"é".repeat(19)));
    }
}
