//! Verification of messages that SNS posts to an HTTP endpoint of this service.
//!
//! Anyone who knows the URL can post there, so SNS requests are trusted only after
//! [`Verifier::verify`] has checked the size, the topic, the age, the certificate's origin and
//! owner, the signature over all fields in use, and that the message is new. The only URL in a
//! message that is fetched is the certificate's, which must have a fixed form ([`SigningCertUrl`]).

mod cert_url;
mod certificates;
mod envelope;
mod seen_messages;
#[cfg(test)]
pub(super) mod tests;
mod trust_store;
mod verify_error;

pub use cert_url::SigningCertUrl;
pub use certificates::{CertificateSource, HttpCertificates};
pub use trust_store::TrustStore;
pub use verify_error::VerifyError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use envelope::{Envelope, Kind};
use jiff::{SignedDuration, Timestamp};
use seen_messages::SeenMessages;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The largest body that SNS sends, in bytes: a message of 256 KiB and its envelope.
pub const MAX_BODY_BYTES: usize = (256 + 16) * 1024;

/// How much a message's time may differ from now, in either direction.
const TIMESTAMP_TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// A message that was verified to come from SNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifiedMessage {
    /// A published message.
    Notification {
        /// The topic.
        topic_arn: String,
        /// The published text.
        message: String,
    },
    /// This endpoint was subscribed to the topic. The caller confirms with `ConfirmSubscription`
    /// through the SDK; the URL in the message must not be used.
    SubscriptionConfirmation {
        /// The topic.
        topic_arn: String,
        /// The token for `ConfirmSubscription`.
        token: String,
    },
    /// This endpoint was unsubscribed from the topic.
    UnsubscribeConfirmation {
        /// The topic.
        topic_arn: String,
    },
}

/// Verifies that messages come from SNS.
pub struct Verifier {
    topics: HashSet<String>,
    trust: TrustStore,
    source: Arc<dyn CertificateSource>,
    seen: Mutex<SeenMessages>,
}

impl Verifier {
    /// Creates a verifier for topics, given by their ARNs. Outside tests, use
    /// [`TrustStore::web_roots`] and [`HttpCertificates`].
    pub fn new(
        topics: impl IntoIterator<Item = String>,
        trust: TrustStore,
        source: Arc<dyn CertificateSource>,
    ) -> Self {
        let topics = topics.into_iter().collect();
        Self { topics, trust, source, seen: Mutex::default() }
    }

    /// Verifies the body of a request. Each verifier accepts a notification once; other processes
    /// may accept it too, so the work it starts must be idempotent. Subscription messages are
    /// accepted every time, since SNS sends them again after an error response.
    ///
    /// # Errors
    /// If the body is not a new message from SNS. [`VerifyError::status`] is the response status.
    pub async fn verify(
        &self,
        body: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedMessage, VerifyError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(VerifyError::TooLarge(body.len()));
        }
        let envelope: Envelope = serde_json::from_slice(body)
            .map_err(|error| VerifyError::Malformed(error.to_string()))?;
        let published = self.check_unsigned(&envelope, now)?;
        let url = signing_cert_url(&envelope)?;
        let signature =
            BASE64.decode(&envelope.signature).map_err(|_| VerifyError::BadSignature)?;
        let missing = || VerifyError::Malformed("a signed field is missing".to_owned());
        let signed = envelope.string_to_sign().ok_or_else(missing)?;
        let pem =
            self.source.certificate(&url).await.map_err(VerifyError::CertificateUnavailable)?;
        self.trust.verify_signature(&pem, now, signed.as_bytes(), &signature)?;

        if envelope.kind == Kind::Notification {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if !seen.insert(&envelope.message_id, published, TIMESTAMP_TOLERANCE, now) {
                return Err(VerifyError::Duplicate(envelope.message_id));
            }
        }
        into_verified(envelope)
    }

    /// Checks everything that needs no certificate. Returns the time of publication.
    fn check_unsigned(
        &self,
        envelope: &Envelope,
        now: Timestamp,
    ) -> Result<Timestamp, VerifyError> {
        if !self.topics.contains(&envelope.topic_arn) {
            return Err(VerifyError::UnknownTopic(envelope.topic_arn.clone()));
        }
        if envelope.signature_version != "2" {
            return Err(VerifyError::SignatureVersion(envelope.signature_version.clone()));
        }
        let published =
            envelope.published_at().map_err(|error| VerifyError::Malformed(error.to_string()))?;
        if now.duration_since(published).abs() > TIMESTAMP_TOLERANCE {
            return Err(VerifyError::Stale(published));
        }
        Ok(published)
    }
}

/// Parses the certificate's URL, which must belong to SNS in the topic's region.
fn signing_cert_url(envelope: &Envelope) -> Result<SigningCertUrl, VerifyError> {
    let region = envelope.topic_arn.split(':').nth(3);
    let url = SigningCertUrl::parse(&envelope.signing_cert_url);
    url.filter(|url| Some(url.region()) == region)
        .ok_or_else(|| VerifyError::SigningCertUrl(envelope.signing_cert_url.clone()))
}

fn into_verified(envelope: Envelope) -> Result<VerifiedMessage, VerifyError> {
    let Envelope { kind, topic_arn, message, token, .. } = envelope;
    Ok(match kind {
        Kind::Notification => VerifiedMessage::Notification { topic_arn, message },
        Kind::UnsubscribeConfirmation => VerifiedMessage::UnsubscribeConfirmation { topic_arn },
        Kind::SubscriptionConfirmation => {
            let missing = || VerifyError::Malformed("the token is missing".to_owned());
            VerifiedMessage::SubscriptionConfirmation {
                topic_arn,
                token: token.ok_or_else(missing)?,
            }
        }
    })
}
