//! All routes of the web server and the middleware around them.

use super::access_log::log_requests;
use super::metrics::{HttpMetrics, count_requests};
use super::overload::{RequestLimits, limit_requests, plain_rejection};
use super::run_to_end::run_to_end;
use super::{
    Web, charts, client, comparison_file, downloads, export, export_account, genome, health,
    log_file, rest, result_file, security, session, shared, sign_in, unsubscribe, webhooks,
};
use crate::app::App;
use axum::http::{Request, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::{Extension, Router};
use dioxus::server::{DioxusRouterExt, FullstackState, ServeConfig};
use std::time::Duration;
use tokio_util::task::TaskTracker;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::trace::TraceLayer;
use tracing::Span;
use tracing::field::Empty;

/// The number of pages, server functions and exports that are prepared at the same time.
const MAX_PAGE_REQUESTS: usize = 256;

/// The number of webhook calls that are handled at the same time.
const MAX_WEBHOOK_REQUESTS: usize = 64;

/// The time within which a request must be answered after its body has arrived.
const MAX_REQUEST_TIME: Duration = Duration::from_secs(30);

/// Builds the router of the whole application. Changing requests run in `tasks`.
///
/// Layers from the outside in: tracing, compression, tasks for changing requests, metrics, access log, panic handling, state,
/// client, request limits; then, for browsers only, headers of share links, security headers, origin check, argument check,
/// session. The REST API gets the security headers but no session, so another site cannot use a browser's cookie to call it.
pub fn build(web: Web, metrics: HttpMetrics, tasks: TaskTracker) -> Router {
    let limits = RequestLimits::new(
        MAX_PAGE_REQUESTS,
        MAX_REQUEST_TIME,
        security::MAX_BODY_BYTES,
        plain_rejection,
    );
    let webhook_limits = RequestLimits::new(
        MAX_WEBHOOK_REQUESTS,
        MAX_REQUEST_TIME,
        webhooks::MAX_BODY_BYTES,
        plain_rejection,
    );
    let for_browsers = ServiceBuilder::new()
        .layer(from_fn_with_state(limits, limit_requests))
        .layer(from_fn(shared::protect))
        .layer(from_fn(security::set_headers))
        .layer(from_fn(security::check_origin))
        .layer(from_fn(security::check_arguments))
        .layer(from_fn(session::keep_session));
    let docs = web.public_url.join("/api/docs");
    let health = health::routes(web.gas.clone(), web.explorers.clone());
    let app = Router::<FullstackState>::new()
        .merge(sign_in::routes())
        .merge(unsubscribe::routes())
        .merge(export::routes())
        .merge(comparison_file::routes())
        .merge(export_account::routes())
        .merge(log_file::routes())
        .merge(result_file::routes())
        .merge(charts::routes())
        .merge(genome::routes())
        .merge(shared::routes())
        .merge(downloads::routes(web.downloads.clone()))
        .serve_dioxus_application(ServeConfig::new(), App)
        .layer(for_browsers)
        .merge(rest::routes(&docs).layer(from_fn(security::set_headers)))
        .merge(webhooks::routes().layer(from_fn_with_state(webhook_limits, limit_requests)))
        // Outside all request limits: a busy server is not a broken one.
        .merge(health);
    let app = app.layer(from_fn(client::identify)).layer(Extension(web));
    let app = with_answered_panics(app).layer(from_fn(log_requests));
    let app = app.layer(from_fn_with_state(metrics, count_requests));
    with_common_layers(app.layer(from_fn_with_state(tasks, run_to_end)))
}

/// Adds the layers of all routes that need no state: tracing and compression.
pub(super) fn with_common_layers(app: Router) -> Router {
    app.layer(
        ServiceBuilder::new()
            .layer(TraceLayer::new_for_http().make_span_with(request_span))
            .layer(compression()),
    )
}

/// Compresses responses that are not compressed already. A second compression of an export would take processor time, and
/// some browsers save a `.gz` file with it.
fn compression() -> CompressionLayer<impl Predicate> {
    let compressible = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/gzip"))
        .and(NotForContentType::const_new("application/zip"))
        .and(NotForContentType::const_new(downloads::PROGRAM_TYPE))
        // Excel and Parquet.
        .and(NotForContentType::const_new("application/vnd."));
    CompressionLayer::new().compress_when(compressible)
}

/// Answers requests whose handlers panic with 500. Layers around it see that answer, so it is logged and counted.
pub(super) fn with_answered_panics(app: Router) -> Router {
    app.layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
        (StatusCode::INTERNAL_SERVER_ERROR, "GAS could not handle this request; try again")
            .into_response()
    }))
}

/// The span of a request. The empty fields are recorded when the caller, the job and the id of a REST
/// request are known.
fn request_span<B>(request: &Request<B>) -> Span {
    tracing::info_span!(
        "request",
        method = %request.method(),
        path = %shared::masked(request.uri().path()),
        request_id = Empty,
        trace_id = Empty,
        user_id = Empty,
        job_id = Empty,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::header;
    use axum::routing::get;
    use gas_shared::explorer::{ExportFormat, ExportFormats};
    use tower::ServiceExt;

    /// Whether a response of a content type is compressed on its way.
    async fn is_compressed(content_type: &'static str) -> bool {
        let content =
            move || async move { ([(header::CONTENT_TYPE, content_type)], "a".repeat(1_000)) };
        let app = with_common_layers(Router::new().route("/", get(content)));
        let request = Request::get("/").header(header::ACCEPT_ENCODING, "gzip, br");
        let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        response.headers().contains_key(header::CONTENT_ENCODING)
    }

    #[tokio::test]
    async fn exports_are_compressed_once() {
        use ExportFormat::{Csv, JsonLines, Maf, Parquet, Tsv, Vcf, VcfGz, VcfGzIndex, Xlsx};
        for format in ExportFormat::ALL {
            let is_text = match format {
                Vcf | Tsv | Csv | JsonLines | Maf => true,
                VcfGz | VcfGzIndex | Xlsx | Parquet => false,
            };
            assert_eq!(is_compressed(format.content_type()).await, is_text, "{format:?}");
        }
        let several: ExportFormats = "tsv,csv".parse().unwrap();
        assert!(!is_compressed(several.content_type()).await);
        assert!(is_compressed("application/json").await);
    }
}
