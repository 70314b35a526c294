//! Bounds the time of each request and the number of requests in progress.
//!
//! A request is in progress until the headers of its response are ready, which includes reading its
//! body. Event streams and exports continue after that and have limits of their own.

use super::file_response::error_response;
use crate::error::{ApiError, ErrorCode};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
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
}

impl From<Rejected> for ApiError {
    fn from(rejected: Rejected) -> Self {
        Self::new(ErrorCode::Unavailable, rejected.to_string())
    }
}

impl RequestLimits {
    /// At most `count` requests at the same time, each of which may take `time`. Others get the
    /// response of `reject`.
    pub fn new(count: usize, time: Duration, reject: fn(Rejected) -> Response) -> Self {
        Self { permits: Arc::new(Semaphore::new(count)), time, reject }
    }
}

/// The response of areas without an error format of their own: 503 with a text.
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
    match tokio::time::timeout(limits.time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!("ended a request that took too long");
            (limits.reject)(Rejected::TooSlow)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, Bytes};
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
    async fn a_request_whose_body_does_not_arrive_is_ended() {
        let response = app(9).oneshot(request(stuck())).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
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
