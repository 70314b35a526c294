//! Bounds the time of each request and the number of requests in progress.
//!
//! A request is in progress until the headers of its response are ready, which includes reading its
//! body. Event streams and exports continue after that and have limits of their own.

use super::errors::BUSY_RETRY_SECS;
use super::file_response::error_response;
use crate::error::{ApiError, ErrorCode};
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::{StreamExt, stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// The limits of one area of the web server, such as the pages. Clones share their counters.
#[derive(Clone, Debug)]
pub struct RequestLimits {
    permits: Arc<Semaphore>,
    time: Duration,
    reject: fn(Rejected) -> Response,
}

/// The reason why a request was rejected or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Too many requests are in progress.
    #[error("GAS is busy; try again in a few seconds")]
    Busy,
    /// The request took too long.
    #[error("the request took too long and was ended; try again")]
    TooSlow,
    /// The client did not send the body of the request.
    #[error("the body of the request did not arrive in time; check the connection and try again")]
    SlowBody,
}

impl From<Rejected> for ApiError {
    fn from(rejected: Rejected) -> Self {
        let code = match rejected {
            Rejected::Busy | Rejected::TooSlow => ErrorCode::Unavailable,
            // Clients and other services send it again. Slow clients must not raise the alarm about failures of servers.
            Rejected::SlowBody => ErrorCode::TooMany,
        };
        Self { retry_after_secs: Some(BUSY_RETRY_SECS), ..Self::new(code, rejected.to_string()) }
    }
}

impl RequestLimits {
    /// At most `count` requests at the same time, each of which may take `time`. Others get the
    /// response of `reject`.
    pub fn new(count: usize, time: Duration, reject: fn(Rejected) -> Response) -> Self {
        Self { permits: Arc::new(Semaphore::new(count)), time, reject }
    }
}

/// The response of areas without an error format of their own: the status with a text.
pub fn plain_rejection(rejected: Rejected) -> Response {
    error_response(rejected.into())
}

/// Middleware that applies [`RequestLimits`].
pub async fn limit_requests(
    State(limits): State<RequestLimits>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(_permit) = limits.permits.try_acquire() else {
        tracing::warn!("rejected a request, since too many are in progress");
        return (limits.reject)(Rejected::Busy);
    };
    let (request, is_waiting) = watch_body(request);
    match tokio::time::timeout(limits.time, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_waiting.load(Ordering::Relaxed) => {
            tracing::info!("ended a request whose body did not arrive");
            (limits.reject)(Rejected::SlowBody)
        }
        Err(_) => {
            tracing::warn!("ended a request that took too long");
            (limits.reject)(Rejected::TooSlow)
        }
    }
}

/// Returns whether the handler of a request is waiting for a part of its body.
fn watch_body(request: Request) -> (Request, Arc<AtomicBool>) {
    let is_waiting = Arc::new(AtomicBool::new(false));
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return (Request::from_parts(parts, body), is_waiting);
    }
    let (mut pieces, waits) = (body.into_data_stream(), is_waiting.clone());
    let watched = stream::poll_fn(move |context| {
        let piece = pieces.poll_next_unpin(context);
        waits.store(piece.is_pending(), Ordering::Relaxed);
        piece
    });
    (Request::from_parts(parts, Body::from_stream(watched)), is_waiting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Bytes;
    use axum::http::{StatusCode, header};
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tower::ServiceExt;

    fn app(count: usize) -> Router {
        let limits = RequestLimits::new(count, Duration::from_secs(30), plain_rejection);
        Router::new()
            .route("/", post(async |body: Bytes| body))
            .layer(from_fn_with_state(limits, limit_requests))
    }

    fn request(body: Body) -> Request {
        Request::post("/").body(body).unwrap()
    }

    /// A body that never arrives.
    fn stuck() -> Body {
        Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>())
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_body_does_not_arrive_is_ended_and_is_no_failure_of_the_server() {
        let response = app(9).oneshot(request(stuck())).await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        let begun = stream::iter([Ok::<_, std::io::Error>("{")]).chain(stream::pending());
        let response = app(9).oneshot(request(Body::from_stream(begun))).await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_takes_too_long_is_a_failure_of_the_server() {
        let limits = RequestLimits::new(9, Duration::from_secs(30), plain_rejection);
        let app = Router::new()
            .route("/", post(async |_: Bytes| std::future::pending::<()>().await))
            .layer(from_fn_with_state(limits, limit_requests));
        let piece = Body::from_stream(stream::iter([Ok::<_, std::io::Error>("a")]));
        for body in [Body::empty(), Body::from("a"), piece] {
            let response = app.clone().oneshot(request(body)).await.unwrap();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_over_the_limit_are_rejected_until_others_have_ended() {
        let app = app(1);
        let first = tokio::spawn(app.clone().oneshot(request(stuck())));
        tokio::task::yield_now().await;
        let rejected = app.clone().oneshot(request("a".into())).await.unwrap();
        assert_eq!(rejected.status(), StatusCode::SERVICE_UNAVAILABLE);
        first.await.unwrap().unwrap();
        let served = app.oneshot(request("a".into())).await.unwrap();
        assert_eq!(served.status(), StatusCode::OK);
    }
}
