//! The reasons for which an SNS message is rejected.

use axum::http::StatusCode;
use jiff::Timestamp;

/// The reason for which a message is rejected.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The body is larger than any SNS message.
    #[error("the body has {0} bytes, more than SNS sends")]
    TooLarge(usize),
    /// The body is not an SNS message.
    #[error("the body is not an SNS message: {0}")]
    Malformed(String),
    /// The topic does not belong to this deployment.
    #[error("topic {0:?} does not belong to this deployment")]
    UnknownTopic(String),
    /// The signature version is not 2.
    #[error(
        "signature version {0:?} is not accepted; set the topic's attribute SignatureVersion to 2"
    )]
    SignatureVersion(String),
    /// The certificate's URL is not one of SNS.
    #[error("certificate URL {0:?} does not belong to SNS")]
    SigningCertUrl(String),
    /// The message was published too long ago, or in the future.
    #[error("the message's time {0} differs from now by more than an hour")]
    Stale(Timestamp),
    /// The certificate could not be fetched.
    #[error("the signing certificate cannot be fetched")]
    CertificateUnavailable(#[source] anyhow::Error),
    /// The certificate was not issued to SNS, or is not valid now.
    #[error("the signing certificate is not trusted: {0}")]
    CertificateUntrusted(String),
    /// The signature does not match the message.
    #[error("the signature does not match the message")]
    BadSignature,
    /// The message was received before.
    #[error("message {0} was received before")]
    Duplicate(String),
}

impl VerifyError {
    /// The status of the response. SNS delivers a message again after 5xx but not after 4xx. A
    /// duplicate gets 200, since SNS repeats a message whose response it did not receive.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::CertificateUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Duplicate(_) => StatusCode::OK,
            Self::UnknownTopic(_)
            | Self::SignatureVersion(_)
            | Self::SigningCertUrl(_)
            | Self::Stale(_)
            | Self::CertificateUntrusted(_)
            | Self::BadSignature => StatusCode::FORBIDDEN,
        }
    }
}
