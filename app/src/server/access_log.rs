//! A line in the log for each request: the user, the route, the status, and the time until the response began.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// Middleware that logs requests, within the span that has method, path, user and job. Health checks of the load balancer and
/// requests for parts of pages are left out, because there are many and they show nothing that a user did. A request that only
/// reads and whose client disconnects before the response begins has no line, because its handler and this function end there.
pub async fn log_requests(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if is_left_out(path) {
        return next.run(request).await;
    }
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    tracing::info!(
        target: "gas_web::access",
        route = route.as_deref().unwrap_or("other"),
        http_status = response.status().as_u16(),
        duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request answered"
    );
    response
}

fn is_left_out(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/healthz") || path.starts_with("/assets/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::router::{with_answered_panics, with_common_layers};
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use gas_runtime::LogCapture;
    use serde_json::Value;
    use tower::ServiceExt;

    #[tokio::test]
    async fn requests_are_logged_with_their_route_and_without_query_and_secrets() {
        let log = LogCapture::start();
        let app = Router::new()
            .route("/api/jobs/{id}", get(async || StatusCode::NOT_FOUND))
            .route("/s/{secret}", get(async || "ok"))
            .route("/api/panics", get(async || -> StatusCode { panic!("a defect") }))
            .route("/readyz", get(async || "ok"))
            .route("/assets/{file}", get(async || "ok"));
        let app = with_common_layers(with_answered_panics(app).layer(from_fn(log_requests)));
        let secret = "s".repeat(38);
        for path in
            ["/api/jobs/7?token=hidden", "/readyz", "/assets/a.css", "/nowhere", "/api/panics"]
                .map(str::to_owned)
                .into_iter()
                .chain([format!("/s/{secret}")])
        {
            let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap();
        }
        let lines: Vec<Value> =
            log.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let answered = |line: &&Value| line["fields"]["message"] == "request answered";
        let shown: Vec<_> = lines
            .iter()
            .filter(answered)
            .map(|line| (line["fields"]["route"].as_str(), line["fields"]["http_status"].as_u64()))
            .collect();
        let expected =
            [("/api/jobs/{id}", 404), ("other", 404), ("/api/panics", 500), ("/s/{secret}", 200)];
        assert_eq!(shown, expected.map(|(route, status)| (Some(route), Some(status))));
        let first = lines.iter().find(answered).unwrap();
        assert_eq!(
            (&first["span"]["method"], &first["span"]["path"]),
            (&"GET".into(), &"/api/jobs/7".into())
        );
        assert!(first["fields"]["duration_ms"].is_u64(), "{first}");
        let text = log.lines().join("\n");
        assert!(!text.contains("hidden") && !text.contains(&secret), "{text}");
    }
}
