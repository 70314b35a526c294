//! Requests that change something run to their end, also if their client disconnects.
//!
//! The server drops the future of a handler whose client is gone. A client that disconnects between an act and its entries in
//! the audit log and the access log would otherwise act without a trace, and leave other work half done.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Middleware that handles requests with a changing method (such as POST) in tasks of their own, which do not end with the
/// connection. Their limits of time stay. The server waits for `tasks` before it stops.
pub async fn run_to_end(
    State(tasks): State<TaskTracker>,
    request: Request,
    next: Next,
) -> Response {
    if only_reads(&request) {
        return next.run(request).await;
    }
    let running = tasks.spawn(next.run(request).in_current_span());
    running.await.unwrap_or_else(|error| {
        // Panics of handlers are answered within the task.
        tracing::error!(%error, "a request was not handled to its end");
        (StatusCode::INTERNAL_SERVER_ERROR, "GAS could not handle this request; try again")
            .into_response()
    })
}

/// Whether a request changes nothing. Queries of the results explorer are POST because of their length. The callback of a
/// sign-in is a GET that makes a session, or an entry in the audit log.
fn only_reads(request: &Request) -> bool {
    let path = request.uri().path();
    (request.method().is_safe() && path != "/authcallback") || path.ends_with("/variants")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::Method;
    use axum::middleware::from_fn_with_state;
    use axum::routing::any;
    use futures::FutureExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tower::ServiceExt;

    /// The number of acts that were recorded although the client disconnected after the act.
    async fn recorded_after_disconnection(method: Method, path: &str) -> usize {
        let recorded = Arc::new(AtomicUsize::new(0));
        let counter = recorded.clone();
        let act_and_record = move || {
            let counter = counter.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                counter.fetch_add(1, Ordering::SeqCst);
            }
        };
        let tasks = TaskTracker::new();
        let layer = from_fn_with_state(tasks.clone(), run_to_end);
        let app = Router::new().route("/{*path}", any(act_and_record)).layer(layer);
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let mut response = Box::pin(app.oneshot(request));
        assert!((&mut response).now_or_never().is_none(), "the handler is at work");
        tokio::task::yield_now().await;
        drop(response);
        // As at the end of the server.
        tasks.close();
        tasks.wait().await;
        recorded.load(Ordering::SeqCst)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_disconnects_does_not_end_what_it_began_to_change() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let recorded = recorded_after_disconnection(method.clone(), "/api/tokens").await;
            assert_eq!(recorded, 1, "{method}");
        }
        assert_eq!(recorded_after_disconnection(Method::GET, "/authcallback").await, 1);
        // The client has disconnected, so nobody would read the result.
        for (method, path) in [(Method::GET, "/api/tokens"), (Method::POST, "/api/jobs/1/variants")]
        {
            assert_eq!(recorded_after_disconnection(method, path).await, 0, "{path}");
        }
    }

    #[tokio::test]
    async fn responses_pass() {
        let app = Router::new()
            .route("/", any(async |body: String| (StatusCode::CREATED, body)))
            .layer(from_fn_with_state(TaskTracker::new(), run_to_end));
        let request = Request::post("/").body(Body::from("a")).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        let body = axum::body::to_bytes(response.into_body(), 10).await.unwrap();
        assert_eq!(&body[..], b"a");
    }
}
