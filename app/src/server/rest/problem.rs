//! Errors of the API, as RFC 9457 defines them.

use crate::error::{ApiError, ErrorCode};
use crate::server::errors;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gas_backend::ports::PortError;
use gas_backend::usecases::{CreateJobError, ListError};
use serde::Serialize;
use std::any::Any;
use std::sync::Arc;
use tracing::Instrument;
use utoipa::ToSchema;
use uuid::Uuid;

/// Names a request in answers and logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An error of the API (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A URI that names the kind of error; it does not change.
    #[schema(format = "uri")]
    r#type: String,
    /// The kind of error, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The kind of error, for programs; it does not change.
    code: Code,
    /// What happened and what to do.
    detail: String,
    /// Names the request in the server's log; quote it when you report a problem.
    request_id: Uuid,
}

/// The kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// There is no token, or it is unknown, expired or revoked.
    InvalidToken,
    /// The token does not allow it.
    InsufficientScope,
    /// There is no such thing, or it is another user's.
    NotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// What was sent cannot be used.
    InvalidRequest,
    /// The idempotency key was used for something else.
    IdempotencyKeyReused,
    /// The file is larger than the plan allows.
    OverLimit,
    /// The Free plan does not give it (any more).
    UpgradeRequired,
    /// The job is in a state that does not allow it.
    Conflict,
    /// The token is used too often; wait for as long as `Retry-After` says.
    RateLimited,
    /// Something is busy; try again after a moment.
    Unavailable,
    /// GAS failed; its log has the reason.
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

    /// The spelling in answers.
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

    /// The kind of error in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::InvalidToken => "The token is missing or not valid",
            Self::InsufficientScope => "The token does not allow this",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "The path has no such method",
            Self::InvalidRequest => "The request cannot be used",
            Self::IdempotencyKeyReused => "The idempotency key was used for something else",
            Self::OverLimit => "The file is larger than the plan allows",
            Self::UpgradeRequired => "The Free plan does not give this",
            Self::Conflict => "The job's state does not allow this",
            Self::RateLimited => "Too many requests",
            Self::Unavailable => "GAS is busy",
            Self::Internal => "GAS failed",
        }
    }

    /// The HTTP status that goes with it.
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

/// An error on its way to the layer that writes it ([`write_problems`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: String,
    /// A header that the status asks for.
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// An error with a text for who calls.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), header: None }
    }

    /// The same with a header that its status asks for.
    pub fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut answer = self.code.status().into_response();
        answer.extensions_mut().insert(self);
        answer
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
            ErrorCode::Unavailable => Code::Unavailable,
            ErrorCode::Internal => Code::Internal,
        };
        let problem = Self::new(code, error.message);
        if code == Code::Unavailable {
            return problem.with(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        problem
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
            CreateJobError::OtherFile(_) | CreateJobError::Deleted => {
                Self::new(Code::IdempotencyKeyReused, error.to_string())
            }
            CreateJobError::Port(error) => error.into(),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
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

/// A handler that panicked, as an answer. What it said is in the log by Rust's own hook.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::from(errors::internal(&PortError::new("answer", "the handler panicked")))
        .into_response()
}

/// Names each request, writes the errors of the API, and puts what it logs under that name. `docs` is
/// where the kinds of errors are explained.
pub async fn write_problems(
    State(docs): State<Arc<str>>,
    request: Request,
    next: Next,
) -> Response {
    let request_id = Uuid::new_v4();
    let span = tracing::info_span!("api", %request_id);
    let mut answer = next.run(request).instrument(span).await;
    if let Some(problem) = answer.extensions_mut().remove::<Problem>() {
        answer = write(problem, &docs, request_id);
    }
    // A UUID is header text.
    if let Ok(id) = HeaderValue::from_str(&request_id.to_string()) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
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
    let mut answer = (code.status(), axum::Json(body)).into_response();
    let problem_json = HeaderValue::from_static("application/problem+json");
    answer.headers_mut().insert(header::CONTENT_TYPE, problem_json);
    if let Some((name, value)) = header {
        answer.headers_mut().insert(name, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_spelled_in_one_way() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }

    #[tokio::test]
    async fn a_problem_is_written_as_its_standard_says() {
        let problem = Problem::new(Code::RateLimited, "wait 3 s")
            .with(header::RETRY_AFTER, HeaderValue::from_static("3"));
        let answer = write(problem, "https://gas.example.org/api/docs", Uuid::nil());
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["retry-after"], "3");
        let bytes = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"{"type":"https://gas.example.org/api/docs#rate_limited","title":"Too many requests","status":429,"code":"rate_limited","detail":"wait 3 s","request_id":"00000000-0000-0000-0000-000000000000"}"#);
    }
}
