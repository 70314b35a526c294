//! The secrets of share links: 32 random characters and a checksum of 6, which are in the address.

use super::{Secret, base62};
use crate::ports::PortResult;

/// The secret of a share link. Its `Debug` form does not contain it.
#[derive(Clone, Debug)]
pub struct ShareSecret(Secret);

impl ShareSecret {
    /// Generates a secret.
    ///
    /// # Errors
    /// If the system's random number generator fails.
    pub fn mint() -> PortResult<Self> {
        base62::mint().map(|text| Self(Secret::from(text)))
    }

    /// Parses a text with the format of a secret. Whether a link has it is up to the store.
    pub fn parse(text: &str) -> Option<Self> {
        base62::is_valid(text).then(|| Self(Secret::from(text.to_owned())))
    }

    /// The secret, for the address that its owner gets once.
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
