//! Errors of the Glacier API.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The error codes of this server and their statuses ("Error Responses", Amazon Glacier Developer
/// Guide).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    /// The resource belongs to another account.
    AccessDeniedException,
    /// This server does not implement the operation.
    BadRequest,
    /// No capacity is available for an expedited retrieval.
    InsufficientCapacityException,
    /// A parameter is not valid.
    InvalidParameterValueException,
    /// A parameter is missing.
    MissingParameterValueException,
    /// The limit of the data retrieval policy is reached.
    PolicyEnforcedException,
    /// The vault, archive, upload or job does not exist.
    ResourceNotFoundException,
    /// The body is not valid JSON.
    SerializationException,
    /// The server failed.
    ServiceUnavailableException,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::AccessDeniedException => StatusCode::FORBIDDEN,
            Self::BadRequest
            | Self::InvalidParameterValueException
            | Self::MissingParameterValueException
            | Self::PolicyEnforcedException
            | Self::SerializationException => StatusCode::BAD_REQUEST,
            Self::ResourceNotFoundException => StatusCode::NOT_FOUND,
            Self::ServiceUnavailableException => StatusCode::INTERNAL_SERVER_ERROR,
            Self::InsufficientCapacityException => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The error response to a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code:?}: {message}")]
pub struct ApiError {
    code: Code,
    message: String,
}

/// The result of an operation.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// Creates an error with this code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Creates the error for a parameter that is not valid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidParameterValueException, message)
    }

    /// Creates the error for a missing parameter.
    pub fn missing(parameter: &str) -> Self {
        let message = format!("Required parameter missing: {parameter}");
        Self::new(Code::MissingParameterValueException, message)
    }

    /// Creates the error for a resource that does not exist.
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(Code::ResourceNotFoundException, format!("The {what} was not found: {name}"))
    }
}

impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "the data folder cannot be used");
        Self::new(Code::ServiceUnavailableException, format!("the data folder failed: {error}"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let kind = if status.is_server_error() { "Server" } else { "Client" };
        let body = json!({ "code": self.code, "message": self.message, "type": kind });
        (status, Json(body)).into_response()
    }
}
