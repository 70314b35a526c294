//! The secrets of webhooks, which sign their messages.

use crate::mail::UnsubscribeKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gas_shared::WebhookId;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use std::fmt;

/// Separates these secrets from other uses of the key.
const PURPOSE: &[u8] = b"gas webhook v1\0";

/// The secret of a webhook. It is derived from a key of the deployment and the id of the webhook, so that reading the
/// database does not suffice to sign messages. After a change of that key, it has a secret of the earlier one, too, which
/// the owner of an older webhook knows. Its `Debug` form does not contain it.
#[derive(Clone)]
pub struct WebhookSecret {
    current: Vec<u8>,
    earlier: Vec<Vec<u8>>,
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

impl WebhookSecret {
    /// The secret of a webhook.
    pub fn derive(key: &UnsubscribeKey, id: WebhookId) -> Self {
        let mut each = key.derive_each(&[PURPOSE, id.as_uuid().as_bytes()]).into_iter();
        let current = each.next().map(Vec::from).unwrap_or_default();
        Self { current, earlier: each.map(Vec::from).collect() }
    }

    /// The secret in the form of the specification, for the response that shows it to its owner once.
    pub fn expose(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.current))
    }

    /// The header `webhook-signature` of an attempt to deliver a message: a signature by each secret, one of which the receiver
    /// can verify.
    pub fn sign(&self, message_id: &str, at: Timestamp, body: &str) -> String {
        let content = format!("{message_id}.{}.{body}", at.as_second());
        let signature = |secret: &Vec<u8>| {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
            mac.update(content.as_bytes());
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        let all = std::iter::once(&self.current).chain(&self.earlier);
        all.map(signature).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn signatures_equal_the_published_example() {
        // The test vector of the reference implementations of the specification.
        const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let current = STANDARD.decode(KEY).unwrap();
        let secret = WebhookSecret { current, earlier: Vec::new() };
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret.expose(), format!("whsec_{KEY}"));
    }

    #[test]
    fn each_webhook_and_each_deployment_has_its_own_secret() {
        let keys: [UnsubscribeKey; 2] = ["a", "b"].map(|one| one.repeat(32).parse().unwrap());
        let id = |n| WebhookId::new(Uuid::from_u128(n));
        let secret = |key: &UnsubscribeKey, n| WebhookSecret::derive(key, id(n)).expose();
        assert_eq!(secret(&keys[0], 1), secret(&keys[0], 1));
        assert_ne!(secret(&keys[0], 1), secret(&keys[0], 2));
        assert_ne!(secret(&keys[0], 1), secret(&keys[1], 1));
        // The specification asks for 24 to 64 bytes.
        let bytes = STANDARD.decode(&secret(&keys[0], 1)["whsec_".len()..]).unwrap();
        assert_eq!(bytes.len(), 32);
    }

    #[test]
    fn after_a_change_of_the_key_receivers_verify_with_the_secret_that_they_have() {
        let [old, new] = ["a", "b"].map(|one| one.repeat(32));
        let id = WebhookId::new(Uuid::from_u128(1));
        let secret = |key: &str| WebhookSecret::derive(&key.parse().unwrap(), id);
        let both = secret(&format!("{new},{old}"));
        let sign = |secret: &WebhookSecret| secret.sign("msg_1", Timestamp::UNIX_EPOCH, "{}");
        assert_eq!(sign(&both), format!("{} {}", sign(&secret(&new)), sign(&secret(&old))));
        assert_eq!(both.expose(), secret(&new).expose(), "a new webhook has the new secret");
    }

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        let key = "x".repeat(32).parse().unwrap();
        let secret = WebhookSecret::derive(&key, WebhookId::new(Uuid::nil()));
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    }
}
