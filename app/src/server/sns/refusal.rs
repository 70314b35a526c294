//! Why a message is not accepted.

use axum::http::StatusCode;
use jiff::Timestamp;

/// A message that is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// SNS sends no messages of this size.
    #[error("the body has {0} bytes, more than SNS sends")]
    TooLarge(usize),
    /// The body is no message of SNS.
    #[error("the body is no SNS message: {0}")]
    Malformed(String),
    /// A topic that GAS does not listen to.
    #[error("topic {0:?} is none of this deployment's")]
    UnknownTopic(String),
    /// Signed in another way.
    #[error(
        "signature version {0:?} is not accepted; set the topic's attribute SignatureVersion to 2"
    )]
    SignatureVersion(String),
    /// The certificate is said to be where SNS keeps none.
    #[error("no certificate is fetched from {0:?}")]
    SigningCertUrl(String),
    /// Published too long ago, or in the future.
    #[error("the message is of {0}, more than an hour away")]
    Stale(Timestamp),
    /// The certificate could not be fetched.
    #[error("the signing certificate cannot be fetched")]
    CertificateUnavailable(#[source] anyhow::Error),
    /// The certificate is not SNS's, or not valid now.
    #[error("the signing certificate cannot be trusted: {0}")]
    CertificateUntrusted(String),
    /// The message is not what was signed.
    #[error("the signature is not of this message")]
    BadSignature,
    /// The message came before.
    #[error("message {0} came before")]
    Replayed(String),
}

impl Refusal {
    /// The status to answer with. SNS repeats a message after 5xx, and after 4xx it does not; a
    /// message that came before is told to be fine, since SNS repeats what it got no answer to.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::CertificateUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Replayed(_) => StatusCode::OK,
            Self::UnknownTopic(_)
            | Self::SignatureVersion(_)
            | Self::SigningCertUrl(_)
            | Self::Stale(_)
            | Self::CertificateUntrusted(_)
            | Self::BadSignature => StatusCode::FORBIDDEN,
        }
    }
}
