//! The REST API, `/api/v1`, for users' programs.
//!
//! Beside the server functions, which are for our own pages and change with them. Calls carry a
//! bearer token ([`caller`]); no cookie is looked at, so the layers against forged requests have
//! nothing to guard here, and errors have the form of RFC 9457 ([`problem`]). The handlers' own
//! descriptions make the OpenAPI document, which makes the page of documentation ([`docs`]).

mod account;
mod caller;
mod docs;
mod dto;
mod files;
mod jobs;
mod limits;
mod problem;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use axum::{Extension, Router};
use limits::Limits;
use problem::{Code, Problem, ProblemBody, panicked, write_problems};
use std::sync::{Arc, LazyLock};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest body of a call, in bytes; files go to S3 directly.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The document as it is served.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let (_, document) = parts::<()>();
    // Our own types are written; they have no keys that JSON could not hold.
    document.to_pretty_json().expect("an OpenAPI document is JSON")
});

/// `/api/v1` and the page about it, which browsers find at `docs`.
pub fn routes<S: Clone + Send + Sync + 'static>(docs: &str) -> Router<S> {
    let (api, _) = parts();
    framed(api.route("/api/v1/openapi.json", get(openapi)), docs).merge(docs::routes())
}

/// Handlers under `/api/v1`, with all that makes whatever goes wrong there a problem.
fn framed<S: Clone + Send + Sync + 'static>(api: Router<S>, docs: &str) -> Router<S> {
    api.route("/api/v1", any(not_found))
        .route("/api/v1/", any(not_found))
        .route("/api/v1/{*path}", any(not_found))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::from(docs), write_problems))
        .layer(Extension(Arc::new(Limits::default())))
}

/// The routes of the API and their document, made of the same descriptions.
fn parts<S: Clone + Send + Sync + 'static>() -> (Router<S>, OpenApi) {
    let v1 = OpenApiRouter::new()
        .routes(routes!(jobs::create, jobs::list))
        .routes(routes!(jobs::get, jobs::delete))
        .routes(routes!(jobs::submit))
        .routes(routes!(jobs::cancel))
        .routes(routes!(files::result))
        .routes(routes!(files::log))
        .routes(routes!(account::get));
    let document = <About as utoipa::OpenApi>::openapi();
    OpenApiRouter::with_openapi(document).nest("/api/v1", v1).split_for_parts()
}

/// What the document says beside the routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "GAS API", description = "The Genomics Annotation Service for programs: submit VCF \
        files, follow their annotation, download the results. Make a token on your account page and \
        send it as `Authorization: Bearer gas_…`. A token may be used 120 times at once \
        and twice a second after that; a user may make 20 jobs at once and one every three seconds \
        after that. Who is over gets 429 with `Retry-After`. Times are in UTC. Fields and states may be added; ignore \
        what you do not know.", license(name = "MIT OR Apache-2.0")),
    tags(
        (name = "jobs", description = "Submit, follow and end annotation jobs"),
        (name = "files", description = "Results and logs"),
        (name = "account", description = "Whose token it is"),
    ),
    modifiers(&Bearer),
)]
struct About;

/// How calls say who they are.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let text = "A token of your account page, with the scopes `jobs:read` or `jobs:write`";
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
    }
}

/// The errors that every call may meet.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "for the document only")]
enum CommonProblems {
    /// The token is missing, unknown, expired or revoked
    #[response(status = 401, content_type = "application/problem+json")]
    InvalidToken(ProblemBody),
    /// The token is used too often; wait for as long as `Retry-After` says
    #[response(status = 429, content_type = "application/problem+json")]
    RateLimited(ProblemBody),
    /// GAS failed
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
}

/// The error of a call that needs a scope, beside those of every call.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "for the document only")]
enum NoScope {
    /// The token does not have the scope
    #[response(status = 403, content_type = "application/problem+json")]
    InsufficientScope(ProblemBody),
}

/// The errors that a call about one job may meet, beside those of every call.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "for the document only")]
enum JobProblems {
    /// The token does not have the scope
    #[response(status = 403, content_type = "application/problem+json")]
    InsufficientScope(ProblemBody),
    /// You have no such job
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
}

async fn openapi() -> ([(header::HeaderName, HeaderValue); 1], &'static str) {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], DOCUMENT.as_str())
}

async fn not_found() -> Problem {
    Problem::new(Code::NotFound, "there is no such path; see /api/docs")
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "the path does not take this method; see /api/docs")
}

#[cfg(test)]
#[path = "rest_tests.rs"]
mod tests;
