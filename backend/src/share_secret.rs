//! The secrets of share links: 32 random characters and a checksum of 6, which are in the address.

use crate::Secret;
use crate::base62::{checksum, has_checksum, random_text};
use crate::ports::PortResult;
use sha2::{Digest, Sha256};

/// 32 characters out of 62 have 190 bits of entropy.
const RANDOM_CHARS: usize = 32;

/// The secret of a share link. Its `Debug` form does not contain it.
#[derive(Clone, Debug)]
pub struct ShareSecret(Secret);

impl ShareSecret {
    /// Generates a secret.
    ///
    /// # Errors
    /// If the system's random number generator fails.
    pub fn mint() -> PortResult<Self> {
        let random = random_text(RANDOM_CHARS)?;
        let checksum = checksum(&random);
        Ok(Self(Secret::from(format!("{random}{checksum}"))))
    }

    /// Parses a text with the format of a secret. Whether a link has it is up to the store.
    pub fn parse(text: &str) -> Option<Self> {
        has_checksum(text, RANDOM_CHARS).then(|| Self(Secret::from(text.to_owned())))
    }

    /// The secret, for the address that its owner gets once.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The stored form: the SHA-256 in hex.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_fits_into_an_address_and_only_its_hash_is_stored() {
        let (one, other) = (ShareSecret::mint().unwrap(), ShareSecret::mint().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert!(
            one.expose().len() == 38 && one.expose().bytes().all(|b| b.is_ascii_alphanumeric())
        );
        assert_eq!(ShareSecret::parse(one.expose()).unwrap().hash(), one.hash());
        assert!(one.hash().len() == 64 && !one.hash().contains(one.expose()));
        assert!(!format!("{one:?}").contains(one.expose()));
    }

    #[test]
    fn mistyped_secrets_are_rejected() {
        let secret = ShareSecret::mint().unwrap().expose().to_owned();
        let first = if secret.starts_with('x') { "y" } else { "x" };
        let swapped = format!("{first}{}", &secret[1..]);
        for text in ["", &secret[1..], &swapped, &format!("{secret} "), "é"] {
            assert!(ShareSecret::parse(text).is_none(), "{text:?}");
        }
    }
}
