//! The secrets of API tokens: `gas_`, 32 random characters and a checksum of 6 characters.
//!
//! Prefix and checksum let scanners recognize a leaked secret offline, as GitHub's tokens do
//! (<https://github.blog/engineering/behind-githubs-new-authentication-token-formats/>). The
//! pattern is `gas_[0-9A-Za-z]{38}`; the last six characters are the CRC-32 of the 32 before them,
//! in base 62.

use super::{Secret, base62};
use crate::ports::PortResult;

const PREFIX: &str = "gas_";

/// The length of the prefix that is stored and shown to identify a token; the rest has 166 bits.
const SHOWN_CHARS: usize = PREFIX.len() + 4;

/// The secret of an API token. Its `Debug` form does not contain it.
#[derive(Clone, Debug)]
pub struct TokenSecret(Secret);

impl TokenSecret {
    /// Generates a secret.
    ///
    /// # Errors
    /// If the system's random number generator fails.
    pub fn mint() -> PortResult<Self> {
        base62::mint().map(|text| Self(Secret::from(format!("{PREFIX}{text}"))))
    }

    /// Parses a text with the format of a secret. Whether a token has it is up to the token store.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        base62::is_valid(rest).then(|| Self(Secret::from(text.to_owned())))
    }

    /// The secret, for the response that shows it to its owner once.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The stored form: the SHA-256 in hex.
    pub fn hash(&self) -> String {
        self.0.hash()
    }

    /// The prefix that may be shown.
    pub fn shown(&self) -> &str {
        &self.expose()[..SHOWN_CHARS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_secret_has_the_published_format_and_a_stable_hash() {
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
    fn mistyped_secrets_are_rejected() {
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
