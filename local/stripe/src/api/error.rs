//! Errors of Stripe's API.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The result of a call.
pub(super) type ApiResult = Result<Json<Value>, ApiError>;

/// An error in Stripe's format (<https://docs.stripe.com/api/errors>).
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

impl ApiError {
    /// The error for a parameter that is not valid.
    pub(crate) fn invalid(param: &str, message: String) -> Self {
        let kind = "invalid_request_error";
        let param = Some(param.to_owned());
        Self { status: StatusCode::BAD_REQUEST, kind, code: None, param, message }
    }

    /// The error for a parameter that names a missing object.
    pub(crate) fn missing(param: &str, what: &str, id: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        Self { code: Some("resource_missing"), ..Self::invalid(param, message) }
    }

    /// The error for a missing or wrong key.
    pub(super) fn unauthorized(message: String) -> Self {
        let kind = "invalid_request_error";
        Self { status: StatusCode::UNAUTHORIZED, kind, code: None, param: None, message }
    }

    /// The error for an idempotency key that was used for another request.
    pub(super) fn other_request(message: String) -> Self {
        let error = Self::invalid("idempotency_key", message);
        Self { kind: "idempotency_error", param: None, ..error }
    }

    /// The error for a missing object in the path.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::missing("id", what, id) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "error": {
                "type": self.kind, "code": self.code, "param": self.param, "message": self.message
            }
        });
        (self.status, Json(body)).into_response()
    }
}
