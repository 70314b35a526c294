//! Secret values, which debug output and logs do not reveal, and those that GAS issues: for sessions, share links and API
//! tokens.

mod base62;
mod session;
mod share;
mod token;

pub use session::SessionSecret;
pub use share::ShareSecret;
pub(crate) use token::TokenSecret;

use sha2::{Digest, Sha256};
use std::fmt;

/// A secret whose `Debug` form does not contain it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret, for the place that uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The form in which a secret with enough random bits is stored: the SHA-256 in hex.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(&self.0))
    }

    /// Whether a text from outside is the secret; no text is an empty one. Digests are compared, so that the time does
    /// not depend on how much of a guess is right.
    pub fn equals(&self, text: &str) -> bool {
        !self.0.is_empty() && Sha256::digest(&self.0) == Sha256::digest(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_equals_it() {
        let secret = Secret::from("s3cret".to_owned());
        assert!(secret.equals("s3cret"));
        assert!(!secret.equals("s3cre") && !secret.equals(""));
        assert!(!Secret::from(String::new()).equals(""));
    }

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        assert_eq!(format!("{:?}", Secret::from("s3cret".to_owned())), "Secret(…)");
    }
}
