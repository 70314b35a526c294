//! The secrets of API tokens: `gas_`, 32 random characters, 6 characters of checksum.
//!
//! Prefix and checksum let scanners recognise a secret that got into a repository or a log, without
//! asking GAS, as the tokens of GitHub do
//! (<https://github.blog/engineering/behind-githubs-new-authentication-token-formats/>): the pattern
//! is `gas_[0-9A-Za-z]{38}`, the last six characters the CRC-32 of the 32 before, in base 62.

use crate::Secret;
use crate::ports::{PortError, PortResult};
use sha2::{Digest, Sha256};

const PREFIX: &str = "gas_";

/// 32 characters of 62 are 190 bits.
const RANDOM_CHARS: usize = 32;

/// Six characters of 62 hold any 32 bits.
const CHECKSUM_CHARS: usize = 6;

/// How much of a secret is stored and shown to tell tokens apart; the rest has 166 bits.
const SHOWN_CHARS: usize = PREFIX.len() + 4;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The secret of an API token. It shows neither in logs nor in errors.
#[derive(Clone, Debug)]
pub struct TokenSecret(Secret);

impl TokenSecret {
    /// A fresh one.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn mint() -> PortResult<Self> {
        let mut random = String::with_capacity(RANDOM_CHARS);
        while random.len() < RANDOM_CHARS {
            let mut bytes = [0; RANDOM_CHARS];
            getrandom::fill(&mut bytes)
                .map_err(|error| PortError::new("get random bytes", error.to_string()))?;
            // Only as many values as divide evenly, so that all characters are equally likely.
            let even = bytes.iter().filter(|byte| **byte < 248);
            let chars = even.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
            random.extend(chars.take(RANDOM_CHARS - random.len()));
        }
        let checksum = checksum(&random);
        Ok(Self(Secret::from(format!("{PREFIX}{random}{checksum}"))))
    }

    /// A text that is formed like a secret. Whether it is one, the table knows.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let formed = rest.len() == RANDOM_CHARS + CHECKSUM_CHARS
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let formed = formed && checksum(&rest[..RANDOM_CHARS]) == rest[RANDOM_CHARS..];
        formed.then(|| Self(Secret::from(text.to_owned())))
    }

    /// The secret, for the answer that tells it to its owner.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored of it: SHA-256 in hex.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.expose()))
    }

    /// What may be shown of it.
    pub fn shown(&self) -> &str {
        &self.expose()[..SHOWN_CHARS]
    }
}

fn checksum(random: &str) -> String {
    let mut rest = crc32fast::hash(random.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_secret_is_formed_as_scanners_expect_and_known_by_its_hash() {
        let (one, other) = (TokenSecret::mint().unwrap(), TokenSecret::mint().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 42);
        let parsed = TokenSecret::parse(one.expose()).unwrap();
        assert_eq!(parsed.hash(), one.hash());
        assert_eq!(one.hash().len(), 64);
        assert!(one.expose().starts_with(one.shown()) && one.shown().len() == 8);
        assert!(!format!("{one:?}").contains(one.expose()));
    }

    #[test]
    fn checksums_are_those_of_the_published_rule() {
        // CRC-32 of "123456789" is 0xcbf43926 = 3421780262, the check value of its catalogue.
        assert_eq!(checksum("123456789"), "3jZRME");
        assert_eq!(checksum(""), "000000");
    }

    #[test]
    fn what_is_mistyped_is_no_secret() {
        let secret = TokenSecret::mint().unwrap().expose().to_owned();
        let swapped =
            secret.replacen(&secret[4..5], if &secret[4..5] == "x" { "y" } else { "x" }, 1);
        let bad =
            ["", "gas_", &secret[1..], &secret[..41], &swapped, &format!("{secret} "), "gas_é"];
        for text in bad {
            assert!(TokenSecret::parse(text).is_none(), "{text:?}");
        }
    }
}
