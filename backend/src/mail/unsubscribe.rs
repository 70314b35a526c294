//! The token in unsubscribe links, which names a user and is signed by GAS.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gas_shared::UserId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The shortest key, in bytes: the output length of HMAC-SHA256 (RFC 2104, section 3).
const MIN_KEY_BYTES: usize = 32;

const USER_BYTES: usize = 16;

/// Separates these tokens from other uses of the key.
const PURPOSE: &[u8] = b"gas unsubscribe v1\0";

/// Separates the current key from earlier ones.
const SEPARATOR: char = ',';

/// The key that signs tokens, and earlier ones, which still verify them after a change. It does not appear in logs.
#[derive(Clone)]
pub struct UnsubscribeKey {
    current: Vec<u8>,
    earlier: Vec<Vec<u8>>,
}

/// The key is too short.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "the key has {0} characters; use at least {MIN_KEY_BYTES}, such as the output of \
     `openssl rand -hex 32`"
)]
pub struct KeyTooShort(usize);

impl FromStr for UnsubscribeKey {
    type Err = KeyTooShort;

    /// Reads the current key and, separated by commas, earlier ones.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = |text: &str| match text.trim() {
            text if text.len() < MIN_KEY_BYTES => Err(KeyTooShort(text.len())),
            text => Ok(text.as_bytes().to_vec()),
        };
        let (current, earlier) = match text.split_once(SEPARATOR) {
            Some((current, earlier)) => {
                (current, earlier.split(SEPARATOR).map(key).collect::<Result<_, _>>()?)
            }
            None => (text, Vec::new()),
        };
        Ok(Self { current: key(current)?, earlier })
    }
}

impl fmt::Debug for UnsubscribeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsubscribeKey(…)")
    }
}

impl UnsubscribeKey {
    /// The HMAC-SHA-256 of a value, for other uses of this key than unsubscribe links. The first part
    /// must name the use, end with a zero byte and differ from those of other uses.
    pub fn derive(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.current, parts).finalize().into_bytes().into()
    }

    /// Like [`UnsubscribeKey::derive`], with the current key and then with each earlier one, for what is verified.
    pub fn derive_each(&self, parts: &[&[u8]]) -> Vec<[u8; 32]> {
        self.keys().map(|key| mac(key, parts).finalize().into_bytes().into()).collect()
    }

    fn keys(&self) -> impl Iterator<Item = &Vec<u8>> {
        std::iter::once(&self.current).chain(&self.earlier)
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

fn mac_of_user(key: &[u8], user: UserId) -> Hmac<Sha256> {
    mac(key, &[PURPOSE, user.as_uuid().as_bytes()])
}

/// A token. It does not expire, because mails may be opened years later and it can only stop mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsubscribeToken(String);

/// The token is forged or incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the unsubscribe link is invalid; copy the complete link from the email")]
pub struct InvalidUnsubscribeToken;

impl UnsubscribeToken {
    /// Creates a user's token.
    pub fn mint(key: &UnsubscribeKey, user: UserId) -> Self {
        let mut bytes = user.as_uuid().as_bytes().to_vec();
        bytes.extend_from_slice(&mac_of_user(&key.current, user).finalize().into_bytes());
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Verifies a token and returns its user.
    ///
    /// # Errors
    /// [`InvalidUnsubscribeToken`].
    pub fn verify(key: &UnsubscribeKey, text: &str) -> Result<UserId, InvalidUnsubscribeToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidUnsubscribeToken)?;
        let (user, signature) =
            bytes.split_at_checked(USER_BYTES).ok_or(InvalidUnsubscribeToken)?;
        let user = UserId::new(Uuid::from_slice(user).map_err(|_| InvalidUnsubscribeToken)?);
        // Compares in constant time.
        let is_signed = |key: &Vec<u8>| mac_of_user(key, user).verify_slice(signature).is_ok();
        if key.keys().any(is_signed) { Ok(user) } else { Err(InvalidUnsubscribeToken) }
    }

    /// The token as text that needs no escaping in a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(letter: &str) -> UnsubscribeKey {
        letter.repeat(32).parse().unwrap()
    }

    #[test]
    fn a_token_names_its_user_to_holders_of_the_key() {
        let user = UserId::new(Uuid::from_u128(7));
        let token = UnsubscribeToken::mint(&key("k"), user);
        assert_eq!(UnsubscribeToken::verify(&key("k"), token.as_str()), Ok(user));
        assert_eq!(
            UnsubscribeToken::verify(&key("x"), token.as_str()),
            Err(InvalidUnsubscribeToken)
        );
        assert!(token.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }

    #[test]
    fn a_token_of_an_earlier_key_is_valid_until_that_key_is_removed() {
        let user = UserId::new(Uuid::from_u128(7));
        let both: UnsubscribeKey =
            format!("{},{}", "n".repeat(32), "k".repeat(32)).parse().unwrap();
        let before = UnsubscribeToken::mint(&key("k"), user);
        assert_eq!(UnsubscribeToken::verify(&both, before.as_str()), Ok(user));
        let after = UnsubscribeToken::mint(&both, user);
        for (one, expected) in [("n", Ok(user)), ("k", Err(InvalidUnsubscribeToken))] {
            assert_eq!(UnsubscribeToken::verify(&key(one), after.as_str()), expected);
        }
        let parts: &[&[u8]] = &[b"use\0"];
        let each = [key("n").derive(parts), key("k").derive(parts)];
        assert_eq!((both.derive(parts), both.derive_each(parts)), (each[0], each.to_vec()));
    }

    #[test]
    fn processes_at_neighboring_steps_of_a_key_change_accept_the_tokens_of_each_other() {
        let user = UserId::new(Uuid::from_u128(7));
        let (old, new) = ("k".repeat(32), "n".repeat(32));
        // deploy/README.md has these steps.
        let steps: [UnsubscribeKey; 4] =
            [old.clone(), format!("{old},{new}"), format!("{new},{old}"), new.clone()]
                .map(|step| step.parse().unwrap());
        for pair in steps.windows(2) {
            for (signs, reads) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
                let token = UnsubscribeToken::mint(signs, user);
                assert_eq!(UnsubscribeToken::verify(reads, token.as_str()), Ok(user));
            }
        }
    }

    #[test]
    fn a_token_without_its_signature_is_rejected() {
        let user = URL_SAFE_NO_PAD.encode(Uuid::from_u128(7).as_bytes());
        for text in ["", "A", "%", user.as_str()] {
            assert_eq!(
                UnsubscribeToken::verify(&key("k"), text),
                Err(InvalidUnsubscribeToken),
                "{text:?}"
            );
        }
    }

    #[test]
    fn keys_are_long_and_not_shown() {
        assert_eq!("short".parse::<UnsubscribeKey>().unwrap_err(), KeyTooShort(5));
        let second = format!("{}, old", "k".repeat(32));
        assert_eq!(second.parse::<UnsubscribeKey>().unwrap_err(), KeyTooShort(3));
        assert_eq!(format!("{:?}", key("k")), "UnsubscribeKey(…)");
    }

    proptest! {
        #[test]
        fn a_token_with_any_changed_bit_is_rejected(id: u128, bit in 0_usize..48 * 8) {
            let token = UnsubscribeToken::mint(&key("k"), UserId::new(Uuid::from_u128(id)));
            let mut bytes = URL_SAFE_NO_PAD.decode(token.as_str()).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let forged = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(UnsubscribeToken::verify(&key("k"), &forged), Err(InvalidUnsubscribeToken));
        }
    }
}
