//! The ids of browser sessions: 256 random bits.

use super::Secret;
use crate::ports::{PortError, PortResult};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const RANDOM_BYTES: usize = 32;

/// The length of an id in characters, and that of an id issued by the previous version of GAS, which
/// has 128 bits and is replaced at its first use.
const LENGTHS: [usize; 2] = [43, 22];

/// The id of a session, which only its browser has. Its `Debug` form does not contain it.
#[derive(Clone, Debug)]
pub struct SessionSecret(Secret);

impl SessionSecret {
    /// Generates an id.
    ///
    /// # Errors
    /// If the system's random number generator fails.
    pub fn mint() -> PortResult<Self> {
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| PortError::new("get random bytes", error.to_string()))?;
        Ok(Self(Secret::from(URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Parses a text with the format of an id. Whether a session has it is up to the session store.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = LENGTHS.contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        valid.then(|| Self(Secret::from(text.to_owned())))
    }

    /// The id, for the browser's cookie.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The stored form: the SHA-256 in hex.
    pub fn hash(&self) -> String {
        self.0.hash()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_256_random_bits_and_only_its_hash_is_stored() {
        let (one, other) = (SessionSecret::mint().unwrap(), SessionSecret::mint().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(URL_SAFE_NO_PAD.decode(one.expose()).unwrap().len() * 8, 256);
        assert_eq!(SessionSecret::parse(one.expose()).unwrap().hash(), one.hash());
        assert!(!one.hash().contains(one.expose()) && one.hash().len() == 64);
        assert_eq!(format!("{one:?}"), "SessionSecret(Secret(…))");
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in ["", "a", &"a".repeat(44), &"é".repeat(11), &"=".repeat(43)] {
            assert!(SessionSecret::parse(text).is_none(), "{text:?}");
        }
        assert!(SessionSecret::parse(&"a".repeat(22)).is_some(), "an id of the previous version");
    }
}
