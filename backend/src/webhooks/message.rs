//! The headers of one attempt to deliver a message.

use super::WebhookSecret;
use crate::ports::SignedMessage;
use jiff::Timestamp;
use uuid::Uuid;

/// Signs a message for an attempt at `now`.
pub fn sign_message(
    secret: &WebhookSecret,
    delivery: Uuid,
    body: &str,
    now: Timestamp,
) -> SignedMessage {
    let id = message_id(delivery);
    let signature = secret.sign(&id, now, body);
    SignedMessage { id, timestamp: now.as_second().to_string(), signature, body: body.to_owned() }
}

/// The header `webhook-id` of a delivery.
pub fn message_id(delivery: Uuid) -> String {
    format!("msg_{}", delivery.simple())
}
