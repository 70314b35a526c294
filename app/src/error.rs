//! The one error that server functions answer with.

use dioxus::CapturedError;
use dioxus::fullstack::AsStatusCode;
use dioxus::prelude::{ServerFnError, StatusCode};
use serde::{Deserialize, Serialize};

/// What went wrong, for the page to act on and for the user to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// What the page does about it.
    pub code: ErrorCode,
    /// What the user reads.
    pub message: String,
}

/// What a page can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not signed in, or not any more: offer to sign in.
    SignInRequired,
    /// What was asked for is not there, or another user's.
    NotFound,
    /// What was sent cannot be used.
    Invalid,
    /// More than the plan allows: offer to upgrade.
    OverLimit,
    /// The Free plan does not give it (any more): offer to upgrade.
    UpgradeNeeded,
    /// The thing is in another state by now: show it afresh.
    Conflict,
    /// The server cannot be reached or is busy: try again.
    Unavailable,
    /// The server failed; its log has the reason.
    Internal,
}

impl ErrorCode {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SignInRequired,
        Self::NotFound,
        Self::Invalid,
        Self::OverLimit,
        Self::UpgradeNeeded,
        Self::Conflict,
        Self::Unavailable,
        Self::Internal,
    ];

    const fn status(self) -> StatusCode {
        match self {
            Self::SignInRequired => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::OverLimit => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UpgradeNeeded => StatusCode::PAYMENT_REQUIRED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn from_status(status: u16) -> Self {
        let found = Self::ALL.into_iter().find(|code| code.status().as_u16() == status);
        found.unwrap_or(if status < 500 { Self::Invalid } else { Self::Internal })
    }
}

impl ApiError {
    /// An error with a text for the user.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// What an action of a page ended with.
impl From<CapturedError> for ApiError {
    fn from(error: CapturedError) -> Self {
        match error.downcast_ref::<Self>() {
            Some(known) => known.clone(),
            None => Self::new(ErrorCode::Internal, error.to_string()),
        }
    }
}

impl AsStatusCode for ApiError {
    fn as_status_code(&self) -> StatusCode {
        self.code.status()
    }
}

/// What never came from a server function of ours: no connection, or an answer of a layer before
/// it.
impl From<ServerFnError> for ApiError {
    fn from(error: ServerFnError) -> Self {
        match error {
            ServerFnError::ServerError { message, code, .. } => {
                Self::new(ErrorCode::from_status(code), message)
            }
            ServerFnError::Request(request) => match request.status_code() {
                Some(status) => Self::new(ErrorCode::from_status(status), request.to_string()),
                None => Self::new(
                    ErrorCode::Unavailable,
                    "GAS cannot be reached; check your connection and try again",
                ),
            },
            other => Self::new(ErrorCode::Internal, other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_belong_together() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_status(code.status().as_u16()), code);
        }
        assert_eq!(ErrorCode::from_status(415), ErrorCode::Invalid);
        assert_eq!(ErrorCode::from_status(502), ErrorCode::Internal);
    }
}
