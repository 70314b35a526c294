//! Error responses of the API (RFC 9457, Problem Details).

use crate::error::{ApiError, ErrorCode};
use crate::server::client::RequestId;
use crate::server::errors;
use crate::server::overload::Rejected;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gas_backend::ports::PortError;
use gas_backend::usecases::{CreateJobError, ImportError, ListError, RerunError};
use serde::Serialize;
use std::any::Any;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// The header with the request's id, which also appears in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An error of the API (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A stable URI that identifies the kind of error and links to its documentation.
    #[schema(format = "uri")]
    r#type: String,
    /// The kind of error, as text.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The kind of error, as a stable code for programs.
    code: Code,
    /// What happened and what to do.
    detail: String,
    /// The id of the request in the server's log. Quote it when you report a problem.
    request_id: Uuid,
}

/// The kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The token is missing, unknown, expired or revoked.
    InvalidToken,
    /// The token does not have the required scope.
    InsufficientScope,
    /// The resource does not exist or belongs to another user.
    NotFound,
    /// The path does not support this method.
    MethodNotAllowed,
    /// The request is invalid.
    InvalidRequest,
    /// The idempotency key was used with a different request.
    IdempotencyKeyReused,
    /// The file is larger than the plan allows.
    OverLimit,
    /// The operation needs the Premium plan.
    UpgradeRequired,
    /// The job's status does not allow the operation.
    Conflict,
    /// Too many requests; wait for the seconds given in `Retry-After`.
    RateLimited,
    /// The service is busy; try again after `Retry-After`.
    Unavailable,
    /// The service failed; the cause is in its log.
    Internal,
}

impl Code {
    /// All codes.
    pub const ALL: [Self; 12] = [
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::InvalidRequest,
        Self::IdempotencyKeyReused,
        Self::OverLimit,
        Self::UpgradeRequired,
        Self::Conflict,
        Self::RateLimited,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The spelling in responses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::InvalidRequest => "invalid_request",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::OverLimit => "over_limit",
            Self::UpgradeRequired => "upgrade_required",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The kind of error as text.
    pub const fn title(self) -> &'static str {
        match self {
            Self::InvalidToken => "The token is missing or not valid",
            Self::InsufficientScope => "The token does not have the required scope",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::InvalidRequest => "The request is invalid",
            Self::IdempotencyKeyReused => "The idempotency key was used with a different request",
            Self::OverLimit => "The file is larger than the plan allows",
            Self::UpgradeRequired => "This needs the Premium plan",
            Self::Conflict => "The job's status does not allow this",
            Self::RateLimited => "Too many requests",
            Self::Unavailable => "GAS cannot handle this request at the moment",
            Self::Internal => "GAS failed",
        }
    }

    /// The HTTP status of the response.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::OverLimit => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UpgradeRequired => StatusCode::PAYMENT_REQUIRED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// An error that [`write_problems`] turns into a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: String,
    /// An additional header that the status requires.
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// Creates an error with a text for the caller.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), header: None }
    }

    /// Adds a header that the status requires.
    pub fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        let code = match error.code {
            ErrorCode::SignInRequired => Code::InvalidToken,
            ErrorCode::NotFound => Code::NotFound,
            ErrorCode::Invalid => Code::InvalidRequest,
            ErrorCode::OverLimit => Code::OverLimit,
            ErrorCode::UpgradeNeeded => Code::UpgradeRequired,
            ErrorCode::Conflict => Code::Conflict,
            ErrorCode::TooMany => Code::RateLimited,
            ErrorCode::Unavailable => Code::Unavailable,
            ErrorCode::Internal => Code::Internal,
        };
        let header = errors::retry_after(&error);
        Self { header, ..Self::new(code, error.message) }
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<CreateJobError> for Problem {
    fn from(error: CreateJobError) -> Self {
        match error {
            CreateJobError::Request(error) => ApiError::from(error).into(),
            CreateJobError::OtherFile(_)
            | CreateJobError::OtherOptions(_)
            | CreateJobError::InParts(_)
            | CreateJobError::Uploaded(_)
            | CreateJobError::Deleted => Self::new(Code::IdempotencyKeyReused, error.to_string()),
            CreateJobError::Parts(error) => ApiError::from(error).into(),
            CreateJobError::Port(error) => error.into(),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Create(error) => error.into(),
            error => ApiError::from(error).into(),
        }
    }
}

impl From<RerunError> for Problem {
    fn from(error: RerunError) -> Self {
        match error {
            RerunError::KeyReused => Self::new(Code::IdempotencyKeyReused, error.to_string()),
            error => ApiError::from(error).into(),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::BytesRejection(rejection) => rejection.into(),
            other => Self::new(Code::InvalidRequest, other.body_text()),
        }
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(Code::InvalidRequest, rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(Code::InvalidRequest, rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(Code::InvalidRequest, rejection.body_text())
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Cursor => Self::new(Code::InvalidRequest, error.to_string()),
            ListError::Port(error) => error.into(),
        }
    }
}

/// The response for a handler that panicked. Rust's panic hook has already logged the message.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::from(errors::internal(&PortError::new("handle the request", "the handler panicked")))
        .into_response()
}

/// The response to a request that was rejected or ended because the server is overloaded.
pub fn rejected(rejected: Rejected) -> Response {
    Problem::from(ApiError::from(rejected)).into_response()
}

/// Middleware that returns the id of each request and writes errors as problem responses. `docs` is the URL of the page that documents the kinds of errors.
pub async fn write_problems(
    State(docs): State<Arc<str>>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>();
    let request_id = id.map_or_else(Uuid::new_v4, |id| id.0);
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = write(problem, &docs, request_id);
    }
    // A UUID is a valid header value, so this cannot fail.
    if let Ok(id) = HeaderValue::from_str(&request_id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn write(problem: Problem, docs: &str, request_id: Uuid) -> Response {
    let Problem { code, detail, header } = problem;
    let body = ProblemBody {
        r#type: format!("{docs}#{}", code.as_str()),
        title: code.title(),
        status: code.status().as_u16(),
        code,
        detail,
        request_id,
    };
    let mut response = (code.status(), axum::Json(body)).into_response();
    let problem_json = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, problem_json);
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_serialize_as_their_documented_spelling() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }

    #[tokio::test]
    async fn a_problem_response_follows_rfc_9457() {
        let problem = Problem::new(Code::RateLimited, "wait 3 s")
            .with(header::RETRY_AFTER, HeaderValue::from_static("3"));
        let response = write(problem, "https://gas.example.org/api/docs", Uuid::nil());
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["retry-after"], "3");
        let bytes = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"{"type":"https://gas.example.org/api/docs#rate_limited","title":"Too many requests","status":429,"code":"rate_limited","detail":"wait 3 s","request_id":"00000000-0000-0000-0000-000000000000"}"#);
    }
}
