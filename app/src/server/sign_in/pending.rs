//! A started sign-in, which the browser keeps in a signed cookie until the provider redirects it back.
//! So a request that starts a sign-in stores nothing on the server.

use super::next_path::NextPath;
use super::provider::PendingSignIn;
use crate::server::cookies::Cookie;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gas_backend::mail::UnsubscribeKey;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The time within which a sign-in must be finished.
pub(super) const PENDING_TTL: SignedDuration = SignedDuration::from_mins(10);

/// The cookie. It binds the sign-in to the browser that started it.
pub(super) const COOKIE: Cookie = Cookie("gas-sign-in");

/// Separates these signatures from other uses of the key.
const PURPOSE: &[u8] = b"gas sign-in v1\0";

/// A started sign-in.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) request: PendingSignIn,
    pub(super) next: NextPath,
    pub(super) started_at: Timestamp,
}

impl Pending {
    /// The signed text for the cookie.
    pub(super) fn sign(&self, key: &UnsubscribeKey) -> serde_json::Result<String> {
        let content = serde_json::to_vec(self)?;
        let signature = key.derive(&[PURPOSE, &content]);
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(content), URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Reads a cookie; `None` if this service did not write it.
    pub(super) fn verify(key: &UnsubscribeKey, text: &str) -> Option<Self> {
        let (content, signature) = text.split_once('.')?;
        let content = URL_SAFE_NO_PAD.decode(content).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Compares in constant time: all bytes, whatever their values.
        let is_signature = |expected: &[u8; 32]| {
            let differences = expected.iter().zip(&signature);
            expected.len() == signature.len()
                && differences.fold(0, |bits, (one, other)| bits | (one ^ other)) == 0
        };
        let each = key.derive_each(&[PURPOSE, &content]);
        if each.iter().any(is_signature) { serde_json::from_slice(&content).ok() } else { None }
    }
}
