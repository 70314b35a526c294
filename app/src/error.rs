//! The error type of all server functions.

use dioxus::CapturedError;
use dioxus::fullstack::AsStatusCode;
use dioxus::prelude::{ServerFnError, StatusCode};
use serde::{Deserialize, Serialize};

/// An error with a code for the page and a message for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// Determines how the page reacts.
    pub code: ErrorCode,
    /// The message for the user.
    pub message: String,
    /// After how many seconds the same request may succeed, if the server knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_secs: Option<u32>,
}

/// How a page reacts to an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The user is not signed in or the session has ended: offer to sign in.
    SignInRequired,
    /// The requested object does not exist or belongs to another user.
    NotFound,
    /// The request is invalid.
    Invalid,
    /// The request exceeds a limit of the plan: offer to upgrade.
    OverLimit,
    /// The Free plan does not include this, or not any more: offer to upgrade.
    UpgradeNeeded,
    /// The state of the object has changed: reload it.
    Conflict,
    /// The user has made too many requests: retry later.
    TooMany,
    /// The server is unreachable or busy: retry.
    Unavailable,
    /// The server failed. Its log contains the cause.
    Internal,
}

impl ErrorCode {
    /// All codes.
    pub const ALL: [Self; 9] = [
        Self::SignInRequired,
        Self::NotFound,
        Self::Invalid,
        Self::OverLimit,
        Self::UpgradeNeeded,
        Self::Conflict,
        Self::TooMany,
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
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
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
    /// An error with a message for the user.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_secs: None }
    }
}

/// The error that an action of a page ended with.
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

/// An error that no server function returned: a lost connection, or a response of the middleware.
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
    fn every_code_has_its_own_http_status() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_status(code.status().as_u16()), code);
        }
        assert_eq!(ErrorCode::from_status(415), ErrorCode::Invalid);
        assert_eq!(ErrorCode::from_status(502), ErrorCode::Internal);
    }
}
