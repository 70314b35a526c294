//! Verifies the signature of webhook calls (<https://docs.stripe.com/webhooks#verify-manually>).
//!
//! The Stripe crate verifies it only while parsing the event as its own API version, and reports
//! both failures as one error. Here an authentic event of another API version is accepted.

use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

/// The maximum age of a signature in seconds, which limits replay attacks.
const SIGNATURE_TOLERANCE_SECS: i64 = 300;

/// Why an event is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is missing or does not have the form `t=…,v1=…`.
    #[error("header Stripe-Signature is missing or malformed")]
    Malformed,
    /// The event was signed too long ago, or in the future.
    #[error("the signature time is more than {SIGNATURE_TOLERANCE_SECS} s off")]
    Stale,
    /// The signature was made with another secret or for another body.
    #[error("no signature matches (check GAS_STRIPE_WEBHOOK_SECRET)")]
    Forged,
}

/// Checks that `body` was recently sent by a holder of `secret`. During a rotation of the secret,
/// Stripe sends one signature for each; one match suffices.
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
    let time = time.ok_or(SignatureError::Malformed)?;
    let signed_at = time.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let signed_at = signed_at.ok_or(SignatureError::Malformed)?;
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    // Compares in constant time.
    let matches = |bytes: Vec<u8>| mac.clone().verify_slice(&bytes).is_ok();
    if !signatures.into_iter().filter_map(|text| hex::decode(text).ok()).any(matches) {
        return Err(SignatureError::Forged);
    }
    if now.duration_since(signed_at).abs() > SignedDuration::from_secs(SIGNATURE_TOLERANCE_SECS) {
        return Err(SignatureError::Stale);
    }
    Ok(())
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
    fn one_matching_signature_suffices() {
        let header = format!("t=1790000000,v1={SIGNATURE},v0=ab");
        assert_eq!(check(&header, SECRET, 0), Ok(()));
        let rolled = format!("t=1790000000, v1={}, v1={SIGNATURE}", "0".repeat(64));
        assert_eq!(check(&rolled, SECRET, 0), Ok(()));
    }

    #[test]
    fn signatures_more_than_five_minutes_off_are_stale() {
        let header = format!("t=1790000000,v1={SIGNATURE}");
        assert_eq!(check(&header, SECRET, 300), Ok(()));
        assert_eq!(check(&header, SECRET, 301), Err(SignatureError::Stale));
        assert_eq!(check(&header, SECRET, -301), Err(SignatureError::Stale));
    }

    #[test]
    fn another_secret_time_or_scheme_does_not_match() {
        let header = format!("t=1790000000,v1={SIGNATURE}");
        assert_eq!(check(&header, "whsec_other", 0), Err(SignatureError::Forged));
        let moved = format!("t=1790000001,v1={SIGNATURE}");
        assert_eq!(check(&moved, SECRET, 0), Err(SignatureError::Forged));
        let old_scheme = format!("t=1790000000,v0={SIGNATURE}");
        assert_eq!(check(&old_scheme, SECRET, 0), Err(SignatureError::Forged));
        let cut = format!("t=1790000000,v1={}", &SIGNATURE[..62]);
        assert_eq!(check(&cut, SECRET, 0), Err(SignatureError::Forged));
        for malformed in ["", "v1=ab", "t=soon,v1=ab", "nonsense"] {
            assert_eq!(check(malformed, SECRET, 0), Err(SignatureError::Malformed));
        }
    }
}
