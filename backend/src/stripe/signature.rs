//! The signature of webhook calls (<https://docs.stripe.com/webhooks#verify-manually>).
//!
//! Stripe's crate checks it only together with parsing the whole object as its own API version has
//! it, and calls both failures an error. Here a true event of another version stays a true event.

use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

/// How far from now an event may be signed, in seconds: what is recorded cannot be sent again
/// later.
const SIGNATURE_TOLERANCE_SECS: i64 = 300;

/// Why an event is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is missing or not of the form `t=…,v1=…`.
    #[error("the header Stripe-Signature is missing or not readable")]
    Unreadable,
    /// Signed too long ago, or in the future.
    #[error("the signature is more than {SIGNATURE_TOLERANCE_SECS} s old or early")]
    Stale,
    /// Made with another secret, or for another body.
    #[error("no signature fits (see GAS_STRIPE_WEBHOOK_SECRET)")]
    Forged,
}

/// Checks that whoever knows `secret` sent `body` just now. While a secret is replaced, Stripe
/// sends a signature for each; one that fits is enough.
///
/// # Errors
/// [`SignatureError`].
pub fn check_signature(
    header: &str,
    body: &[u8],
    secret: &str,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let mut time = None;
    let mut signatures = Vec::new();
    for (name, value) in header.split(',').filter_map(|part| part.trim().split_once('=')) {
        match name {
            "t" => time = Some(value),
            "v1" => signatures.push(value),
            _ => {}
        }
    }
    let time = time.ok_or(SignatureError::Unreadable)?;
    let signed_at = time.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let signed_at = signed_at.ok_or(SignatureError::Unreadable)?;
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    // Compares in constant time.
    let fits = |bytes: Vec<u8>| mac.clone().verify_slice(&bytes).is_ok();
    if !signatures.into_iter().filter_map(hex).any(fits) {
        return Err(SignatureError::Forged);
    }
    if now.duration_since(signed_at).abs() > SignedDuration::from_secs(SIGNATURE_TOLERANCE_SECS) {
        return Err(SignatureError::Stale);
    }
    Ok(())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;
    const SECRET: &str = "whsec_test";
    /// HMAC-SHA256 of `1790000000.{"id":"evt_1"}` with key `whsec_test`, by OpenSSL.
    const SIGNATURE: &str = "e32657f3e678d33b41ec084c16ac0e125d25480a06cb3902286dc5942c6fd259";

    fn check(header: &str, secret: &str, age: i64) -> Result<(), SignatureError> {
        let now = Timestamp::from_second(1_790_000_000 + age).unwrap();
        check_signature(header, BODY, secret, now)
    }

    #[test]
    fn one_signature_that_fits_is_enough() {
        let header = format!("t=1790000000,v1={SIGNATURE},v0=ab");
        assert_eq!(check(&header, SECRET, 0), Ok(()));
        let rolled = format!("t=1790000000, v1={}, v1={SIGNATURE}", "0".repeat(64));
        assert_eq!(check(&rolled, SECRET, 0), Ok(()));
    }

    #[test]
    fn what_is_five_minutes_off_is_not_believed() {
        let header = format!("t=1790000000,v1={SIGNATURE}");
        assert_eq!(check(&header, SECRET, 300), Ok(()));
        assert_eq!(check(&header, SECRET, 301), Err(SignatureError::Stale));
        assert_eq!(check(&header, SECRET, -301), Err(SignatureError::Stale));
    }

    #[test]
    fn another_secret_time_or_scheme_does_not_fit() {
        let header = format!("t=1790000000,v1={SIGNATURE}");
        assert_eq!(check(&header, "whsec_other", 0), Err(SignatureError::Forged));
        let moved = format!("t=1790000001,v1={SIGNATURE}");
        assert_eq!(check(&moved, SECRET, 0), Err(SignatureError::Forged));
        let old_scheme = format!("t=1790000000,v0={SIGNATURE}");
        assert_eq!(check(&old_scheme, SECRET, 0), Err(SignatureError::Forged));
        let cut = format!("t=1790000000,v1={}", &SIGNATURE[..62]);
        assert_eq!(check(&cut, SECRET, 0), Err(SignatureError::Forged));
        for unreadable in ["", "v1=ab", "t=soon,v1=ab", "nonsense"] {
            assert_eq!(check(unreadable, SECRET, 0), Err(SignatureError::Unreadable));
        }
    }
}
