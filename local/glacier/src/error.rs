//! Errors as the Glacier API tells them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The error codes this server answers with, and their statuses ("Error Responses", Amazon Glacier
/// Developer Guide).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    /// Another account's resource.
    AccessDeniedException,
    /// An operation this server does not have.
    BadRequest,
    /// No capacity for an expedited retrieval.
    InsufficientCapacityException,
    /// A parameter is wrong.
    InvalidParameterValueException,
    /// A parameter is missing.
    MissingParameterValueException,
    /// The data retrieval policy's limit is reached.
    PolicyEnforcedException,
    /// No such vault, archive, upload or job.
    ResourceNotFoundException,
    /// The body is not the JSON it should be.
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

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code:?}: {message}")]
pub struct ApiError {
    code: Code,
    message: String,
}

/// What operations answer.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error of this code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A parameter is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidParameterValueException, message)
    }

    /// A required parameter is missing.
    pub fn missing(parameter: &str) -> Self {
        let message = format!("Required parameter missing: {parameter}");
        Self::new(Code::MissingParameterValueException, message)
    }

    /// There is no such thing.
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
