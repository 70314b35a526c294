//! The metrics of a web process.

use super::live::Hub;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use gas_runtime::metrics::{Counts, Durations, Level, Metrics};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The interval at which the open event streams are counted.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// What requests are counted by.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    requests: Counts,
    durations: Durations,
}

/// All metrics of a web process.
pub struct WebMetrics {
    /// The requests.
    pub http: HttpMetrics,
    metrics: Metrics,
    streams: Level,
}

impl WebMetrics {
    /// Metrics without values.
    pub fn new() -> Self {
        let mut metrics = Metrics::new(env!("CARGO_PKG_VERSION"));
        let http = HttpMetrics {
            requests: metrics.counts("http_requests", "Requests, by route, method and status"),
            durations: metrics.durations(
                "http_request_seconds",
                "The time from a request to the beginning of its response, by kind",
            ),
        };
        let streams = metrics.level("event_streams", "Open streams of live events");
        Self { http, metrics, streams }
    }

    /// Offers the metrics until shutdown. A failure does not stop the process.
    pub async fn serve(self, listen: String, hub: Hub, shutdown: CancellationToken) {
        let Self { metrics, streams, .. } = self;
        let counting = async {
            let mut every = tokio::time::interval(COUNT_EVERY);
            while shutdown.run_until_cancelled(every.tick()).await.is_some() {
                streams.set(hub.open_streams());
            }
        };
        let serving = metrics.serve(&listen, shutdown.clone().cancelled_owned());
        if let (Err(error), ()) = tokio::join!(serving, counting) {
            tracing::error!(%error, listen, "metrics are not offered (check GAS_METRICS_LISTEN)");
        }
    }
}

/// Middleware that counts requests.
pub async fn count_requests(
    State(metrics): State<HttpMetrics>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let kind = kind(request.uri().path());
    let method = request.method().as_str().to_owned();
    let start = Instant::now();
    let response = next.run(request).await;
    let labels = vec![
        ("route", route.unwrap_or_else(|| "other".to_owned())),
        ("method", method),
        ("status", response.status().as_str().to_owned()),
    ];
    metrics.requests.add(labels);
    metrics.durations.record(vec![("kind", kind.to_owned())], start.elapsed());
    response
}

/// The kind of a request by its path.
fn kind(path: &str) -> &'static str {
    match path {
        _ if path.starts_with("/api/v1") => "rest",
        _ if path.starts_with("/api/") => "function",
        _ if path.starts_with("/webhooks/") || path == "/thaw" => "webhook",
        "/livez" | "/readyz" | "/healthz" => "health",
        _ => "page",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;

    #[tokio::test]
    async fn requests_are_counted_by_route_and_not_by_path() {
        let WebMetrics { http, metrics, .. } = WebMetrics::new();
        let app: Router = Router::new()
            .route("/api/jobs/{id}", get(async || StatusCode::NOT_FOUND))
            .layer(from_fn_with_state(http, count_requests));
        for id in ["1", "2"] {
            let request = Request::get(format!("/api/jobs/{id}")).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap();
        }
        let text = format!("{metrics:?}");
        assert!(text.contains("/api/jobs/{id}") && !text.contains("/api/jobs/1"), "{text}");
    }

    #[test]
    fn kinds_follow_from_paths() {
        for (path, expected) in [
            ("/", "page"),
            ("/annotations/1", "page"),
            ("/api/jobs/1", "function"),
            ("/api/v1/jobs", "rest"),
            ("/thaw", "webhook"),
            ("/readyz", "health"),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }
}
