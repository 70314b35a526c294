//! Messages that SNS posts to an HTTP endpoint of this service.
//!
//! Whoever knows the URL may post there, so that nothing is believed before [`Verifier::verify`]
//! has checked it: size, topic, age, where the certificate is from, whose it is, the signature over
//! all fields that are used, and that the message is new. Nothing in a message is ever fetched but
//! the certificate, from a URL that leaves no choice ([`SigningCertUrl`]).

mod cert_url;
mod envelope;
mod refusal;
mod replay;
mod source;
#[cfg(test)]
mod tests;
mod trust;

pub use cert_url::SigningCertUrl;
pub use refusal::Refusal;
pub use source::{CertificateSource, HttpCertificates};
pub use trust::Trust;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use envelope::{Envelope, Kind};
use jiff::{SignedDuration, Timestamp};
use replay::Replays;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The largest body of SNS, in bytes: 256 KiB of message and what is around it.
pub const MAX_BODY_BYTES: usize = (256 + 16) * 1024;

/// How far a message's time may be from now, to either side.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// What SNS really sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// A published message.
    Notification {
        /// The topic.
        topic_arn: String,
        /// What was published.
        message: String,
    },
    /// This endpoint was subscribed to the topic. The caller answers with `ConfirmSubscription`
    /// through the SDK; the URL in the message is not for use.
    SubscriptionConfirmation {
        /// The topic.
        topic_arn: String,
        /// What `ConfirmSubscription` takes.
        token: String,
    },
    /// The subscription of this endpoint ended.
    UnsubscribeConfirmation {
        /// The topic.
        topic_arn: String,
    },
}

/// Tells the messages of SNS from all others.
pub struct Verifier {
    topics: HashSet<String>,
    trust: Trust,
    source: Arc<dyn CertificateSource>,
    replays: Mutex<Replays>,
}

impl Verifier {
    /// A verifier for these topics, by their ARNs. In a service it is made with [`Trust::web`] and
    /// [`HttpCertificates`].
    pub fn new(
        topics: impl IntoIterator<Item = String>,
        trust: Trust,
        source: Arc<dyn CertificateSource>,
    ) -> Self {
        let topics = topics.into_iter().collect();
        Self { topics, trust, source, replays: Mutex::default() }
    }

    /// Checks the body of a request. A notification is accepted once by this verifier; other
    /// processes know nothing of it, so that what it starts must bear to be started again. What is
    /// about the subscription is accepted each time: SNS sends it anew where the answer was an error.
    ///
    /// # Errors
    /// Where the body is not a new message of SNS; [`Refusal::status`] is the answer to give.
    pub async fn verify(&self, body: &[u8], now: Timestamp) -> Result<Verified, Refusal> {
        if body.len() > MAX_BODY_BYTES {
            return Err(Refusal::TooLarge(body.len()));
        }
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))?;
        let published = self.admit(&envelope, now)?;
        let url = signing_cert_url(&envelope)?;
        let signature = BASE64.decode(&envelope.signature).map_err(|_| Refusal::BadSignature)?;
        let missing = || Refusal::Malformed("a signed field is missing".to_owned());
        let signed = envelope.string_to_sign().ok_or_else(missing)?;
        let pem = self.source.certificate(&url).await.map_err(Refusal::CertificateUnavailable)?;
        self.trust.check(&pem, now, signed.as_bytes(), &signature)?;

        if envelope.kind == Kind::Notification {
            let mut replays = self.replays.lock().unwrap_or_else(PoisonError::into_inner);
            if !replays.insert(&envelope.message_id, published, WINDOW, now) {
                return Err(Refusal::Replayed(envelope.message_id));
            }
        }
        verified(envelope)
    }

    /// What can be refused without a certificate. Answers when the message was published.
    fn admit(&self, envelope: &Envelope, now: Timestamp) -> Result<Timestamp, Refusal> {
        if !self.topics.contains(&envelope.topic_arn) {
            return Err(Refusal::UnknownTopic(envelope.topic_arn.clone()));
        }
        if envelope.signature_version != "2" {
            return Err(Refusal::SignatureVersion(envelope.signature_version.clone()));
        }
        let published =
            envelope.published_at().map_err(|error| Refusal::Malformed(error.to_string()))?;
        if now.duration_since(published).abs() > WINDOW {
            return Err(Refusal::Stale(published));
        }
        Ok(published)
    }
}

/// The certificate's URL: one of SNS, in the topic's own region.
fn signing_cert_url(envelope: &Envelope) -> Result<SigningCertUrl, Refusal> {
    let region = envelope.topic_arn.split(':').nth(3);
    let url = SigningCertUrl::parse(&envelope.signing_cert_url);
    url.filter(|url| Some(url.region()) == region)
        .ok_or_else(|| Refusal::SigningCertUrl(envelope.signing_cert_url.clone()))
}

fn verified(envelope: Envelope) -> Result<Verified, Refusal> {
    let Envelope { kind, topic_arn, message, token, .. } = envelope;
    Ok(match kind {
        Kind::Notification => Verified::Notification { topic_arn, message },
        Kind::UnsubscribeConfirmation => Verified::UnsubscribeConfirmation { topic_arn },
        Kind::SubscriptionConfirmation => {
            let missing = || Refusal::Malformed("the token is missing".to_owned());
            Verified::SubscriptionConfirmation { topic_arn, token: token.ok_or_else(missing)? }
        }
    })
}
