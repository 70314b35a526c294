//! The REST API for users' programs, at `/api/v1`.
//!
//! Unlike the server functions, which change with our own pages, this API is stable. Requests are
//! authenticated with a bearer token ([`caller`]) and cookies are ignored, so it needs no
//! protection against request forgery. Errors follow RFC 9457 ([`problem`]). The OpenAPI document
//! is generated from the doc comments of handlers and types, and the documentation page from that
//! document ([`docs`]).

mod account;
mod admin;
mod caller;
mod comparison;
mod docs;
mod dto;
mod files;
mod in_path;
mod jobs;
mod optional_body;
mod private_references;
mod problem;
mod references;
mod saved;
mod share_links;
mod sources;
mod webhooks;

use crate::server::overload::{RequestLimits, limit_requests};
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use problem::{Code, Problem, ProblemBody, panicked, rejected, write_problems};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest request body, in bytes. Files are uploaded to S3 directly.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The number of requests that are handled at the same time.
const MAX_REQUESTS: usize = 256;

/// The time within which a request must be answered after its body has arrived.
const MAX_REQUEST_TIME: Duration = Duration::from_secs(30);

/// The OpenAPI document as JSON.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let (_, document) = router_and_document::<()>();
    document.to_pretty_json().expect("an OpenAPI document serializes to JSON")
});

/// The routes of the API and of its documentation. `docs` is the documentation's full URL, to which
/// error types link.
pub fn routes<S: Clone + Send + Sync + 'static>(docs: &str) -> Router<S> {
    let (api, _) = router_and_document();
    with_problem_responses(api.route("/api/v1/openapi.json", get(openapi)), docs)
        .merge(docs::routes())
}

/// Adds fallbacks and middleware that turn every failure under `/api/v1` into a problem response.
fn with_problem_responses<S: Clone + Send + Sync + 'static>(
    api: Router<S>,
    docs: &str,
) -> Router<S> {
    let limits = RequestLimits::new(MAX_REQUESTS, MAX_REQUEST_TIME, MAX_BODY_BYTES, rejected);
    api.route("/api/v1", any(not_found))
        .route("/api/v1/", any(not_found))
        .route("/api/v1/{*path}", any(not_found))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(limits, limit_requests))
        .layer(from_fn_with_state(Arc::from(docs), write_problems))
}

/// The routes of the API and the OpenAPI document that is generated from them.
fn router_and_document<S: Clone + Send + Sync + 'static>() -> (Router<S>, OpenApi) {
    let v1 = OpenApiRouter::new()
        .routes(routes!(jobs::create, jobs::list))
        .routes(routes!(jobs::get, jobs::change, jobs::delete))
        .routes(routes!(jobs::create_from_url))
        .routes(routes!(jobs::parts))
        .routes(routes!(jobs::submit))
        .routes(routes!(jobs::cancel))
        .routes(routes!(jobs::rerun))
        .routes(routes!(references::list, private_references::add))
        .routes(routes!(private_references::list))
        .routes(routes!(private_references::get, private_references::delete))
        .routes(routes!(private_references::parts))
        .routes(routes!(private_references::submit))
        .routes(routes!(sources::list))
        .routes(routes!(files::result))
        .routes(routes!(files::region_index))
        .routes(routes!(files::export))
        .routes(routes!(comparison::compare))
        .routes(routes!(comparison::differences))
        .routes(routes!(files::log))
        .routes(routes!(saved::list_saved_filters, saved::save_saved_filter))
        .routes(routes!(saved::rename_saved_filter, saved::delete_saved_filter))
        .routes(routes!(saved::list_gene_panels, saved::save_gene_panel))
        .routes(routes!(saved::rename_gene_panel, saved::delete_gene_panel))
        .routes(routes!(share_links::list, share_links::create))
        .routes(routes!(share_links::revoke))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::send_test))
        .routes(routes!(webhooks::enable))
        .routes(routes!(account::get))
        .routes(routes!(admin::state))
        .routes(routes!(admin::set_intake))
        .routes(routes!(admin::set_banner))
        .routes(routes!(admin::redrive))
        .routes(routes!(admin::users))
        .routes(routes!(admin::act_on_user))
        .routes(routes!(admin::audit))
        .routes(routes!(admin::statistics));
    let document = <ApiDoc as utoipa::OpenApi>::openapi();
    OpenApiRouter::with_openapi(document).nest("/api/v1", v1).split_for_parts()
}

/// The general part of the OpenAPI document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "GAS API", description = "The API of the Genomics Annotation Service: submit VCF \
        files, follow their annotation and download the results. Create a token on your account page \
        and send it as `Authorization: Bearer gas_…`. A token allows bursts of 120 requests, then 2 \
        per second; a user can create 20 jobs in a burst, then one every 3 seconds, and at most 30 an \
        hour and 100 a day on the Free plan, 600 an hour and 5,000 a day on Premium. Requests over \
        a limit get 429 with `Retry-After`. On the Free plan, unless the operator has set other \
        periods, the uploaded file of a job is deleted 14 days after the job has ended, and its run log \
        after 90 days, together with the job if it failed or was cancelled. Times are in UTC. New fields and values may be added; \
        ignore those that you do not know.", license(name = "MIT OR Apache-2.0")),
    tags(
        (name = "jobs", description = "Create, follow, cancel and delete annotation jobs"),
        (name = "files", description = "Results, exports of them, and run logs"),
        (name = "links", description = "Share links, with which others read a result"),
        (name = "references", description = "Genomes with genes, and sources, that files are annotated with"),
        (name = "saved", description = "Filters and gene panels that you have saved for the results explorer"),
        (name = "webhooks", description = "URLs that GAS calls when something happens to your jobs"),
        (name = "account", description = "The account that owns the token"),
        (name = "admin", description = "The service, for its operators"),
    ),
    modifiers(&BearerScheme),
)]
struct ApiDoc;

/// Adds the bearer token to the document as its security scheme.
struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, document: &mut OpenApi) {
        let text = "A token from your account page, with the scope `jobs:read`, `jobs:write` or both; operators also have `admin`";
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
    }
}

/// The errors that every operation can return.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "used only for the OpenAPI document")]
enum CommonProblems {
    /// The token is missing, unknown, expired or revoked
    #[response(status = 401, content_type = "application/problem+json")]
    InvalidToken(ProblemBody),
    /// Too many requests; wait for the seconds given in `Retry-After`
    #[response(status = 429, content_type = "application/problem+json")]
    RateLimited(ProblemBody),
    /// GAS failed
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
}

/// The additional error of operations that need a scope.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "used only for the OpenAPI document")]
enum NoScope {
    /// The token does not have the scope
    #[response(status = 403, content_type = "application/problem+json")]
    InsufficientScope(ProblemBody),
}

/// The additional errors of operations on one job.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "used only for the OpenAPI document")]
enum JobProblems {
    /// The token does not have the scope
    #[response(status = 403, content_type = "application/problem+json")]
    InsufficientScope(ProblemBody),
    /// You have no such job
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
}

/// The additional errors of operations on one private reference.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "used only for the OpenAPI document")]
enum ReferenceProblems {
    /// The token does not have the scope
    #[response(status = 403, content_type = "application/problem+json")]
    InsufficientScope(ProblemBody),
    /// You have no such reference
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
}

async fn openapi() -> ([(header::HeaderName, HeaderValue); 1], &'static str) {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], DOCUMENT.as_str())
}

async fn not_found() -> Problem {
    Problem::new(Code::NotFound, "this path does not exist; see /api/docs")
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this path does not support this method; see /api/docs")
}

#[cfg(test)]
#[path = "rest_tests.rs"]
mod tests;
