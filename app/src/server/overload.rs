//! Bounds the time of each request and the number of requests in progress.
//!
//! A request is in progress from when its body has arrived ([`BodyReader`]) until the headers of its response are ready.
//! Event streams and exports continue after that and have limits of their own.

use super::errors::BUSY_RETRY_SECS;
use super::file_response::error_response;
use super::request_body::{BodyReader, NotRead};
use crate::error::{ApiError, ErrorCode};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gas_backend::admission::NotAdmitted;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The limits of one area of the web server, such as the pages. Clones share their counters.
#[derive(Clone, Debug)]
pub struct RequestLimits {
    permits: Arc<Semaphore>,
    time: Duration,
    body_bytes: usize,
    bodies: BodyReader,
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
    /// Too many bodies of the client's network have not arrived.
    #[error(
        "too many requests from this network are being sent at the same time; try again in a few seconds"
    )]
    ManyBodies,
    /// The body has more bytes than this.
    #[error("the body of the request has more than {0} bytes")]
    LargeBody(usize),
    /// The body ended early.
    #[error("the body of the request could not be read")]
    BrokenBody,
}

impl From<Rejected> for ApiError {
    fn from(rejected: Rejected) -> Self {
        let code = match rejected {
            Rejected::Busy | Rejected::TooSlow => ErrorCode::Unavailable,
            // Clients and other services send it again. Slow clients must not raise the alarm about failures of servers.
            Rejected::SlowBody | Rejected::ManyBodies => ErrorCode::TooMany,
            Rejected::LargeBody(_) | Rejected::BrokenBody => {
                return Self::new(ErrorCode::Invalid, rejected.to_string());
            }
        };
        Self { retry_after_secs: Some(BUSY_RETRY_SECS), ..Self::new(code, rejected.to_string()) }
    }
}

impl RequestLimits {
    /// At most `count` requests at the same time, each of which may take `time` and have a body of `body_bytes`. Others get
    /// the response of `reject`.
    pub fn new(
        count: usize,
        time: Duration,
        body_bytes: usize,
        reject: fn(Rejected) -> Response,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(count));
        Self { permits, time, body_bytes, bodies: BodyReader::new(body_bytes), reject }
    }

    async fn read_body(&self, request: Request) -> Result<Request, Rejected> {
        self.bodies.read(request).await.map_err(|not_read| match not_read {
            NotRead::NotAdmitted(NotAdmitted::OfAll) => {
                tracing::warn!("rejected a request, since the bodies of too many do not arrive");
                Rejected::Busy
            }
            NotRead::NotAdmitted(NotAdmitted::OfEach) => {
                tracing::info!(
                    "rejected a request, since the bodies of many from its network do not arrive"
                );
                Rejected::ManyBodies
            }
            NotRead::TooSlow => {
                tracing::info!("ended a request whose body did not arrive");
                Rejected::SlowBody
            }
            NotRead::TooLarge => Rejected::LargeBody(self.body_bytes),
            NotRead::Broken => Rejected::BrokenBody,
        })
    }
}

/// The response of areas without an error format of their own: the status with a text.
pub fn plain_rejection(rejected: Rejected) -> Response {
    if let Rejected::LargeBody(_) = rejected {
        return (StatusCode::PAYLOAD_TOO_LARGE, rejected.to_string()).into_response();
    }
    error_response(rejected.into())
}

/// Middleware that applies [`RequestLimits`].
pub async fn limit_requests(
    State(limits): State<RequestLimits>,
    request: Request,
    next: Next,
) -> Response {
    let request = match limits.read_body(request).await {
        Ok(request) => request,
        Err(rejected) => return (limits.reject)(rejected),
    };
    let Ok(_permit) = limits.permits.try_acquire() else {
        tracing::warn!("rejected a request, since too many are in progress");
        return (limits.reject)(Rejected::Busy);
    };
    tokio::time::timeout(limits.time, next.run(request)).await.unwrap_or_else(|_| {
        tracing::warn!("ended a request that took too long");
        (limits.reject)(Rejected::TooSlow)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::client_address::ClientAddress;
    use axum::Router;
    use axum::body::{Body, Bytes};
    use axum::http::header;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use futures::{StreamExt, stream};
    use std::net::IpAddr;
    use tokio::task::JoinSet;
    use tower::ServiceExt;

    /// The largest body of the tests, in bytes.
    const BODY: usize = 64;

    fn limits(count: usize) -> RequestLimits {
        RequestLimits::new(count, Duration::from_secs(30), BODY, plain_rejection)
    }

    fn app(count: usize) -> Router {
        Router::new()
            .route("/", post(async |body: Bytes| body))
            .layer(from_fn_with_state(limits(count), limit_requests))
    }

    /// A router whose requests never end.
    fn stuck_app(count: usize) -> Router {
        Router::new()
            .route("/", post(async |_: Bytes| std::future::pending::<()>().await))
            .layer(from_fn_with_state(limits(count), limit_requests))
    }

    fn request(body: impl Into<Body>) -> Request {
        Request::post("/").body(body.into()).unwrap()
    }

    fn request_from(client: &str, body: impl Into<Body>) -> Request {
        let mut request = request(body);
        let client: IpAddr = client.parse().unwrap();
        request.extensions_mut().insert(ClientAddress(client));
        request
    }

    /// A body that never arrives.
    fn stuck() -> Body {
        Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
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
    async fn bodies_that_do_not_arrive_take_no_permits_and_delay_no_other_client() {
        let app = app(1);
        let mut slow = JoinSet::new();
        for _ in 0..300 {
            slow.spawn(app.clone().oneshot(request_from("192.0.2.1", stuck())));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begin = tokio::time::Instant::now();
        for _ in 0..20 {
            let served = app.clone().oneshot(request_from("192.0.2.2", "a")).await.unwrap();
            assert_eq!(served.status(), StatusCode::OK);
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
        // Those of the client itself end, too, and are no failures of the server.
        while let Some(response) = slow.join_next().await {
            assert_eq!(response.unwrap().unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
        }
        let served = app.oneshot(request_from("192.0.2.1", "a")).await.unwrap();
        assert_eq!(served.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_rejected_before_its_handler() {
        let status = async |size| {
            let request = request(vec![b' '; size]);
            app(9).oneshot(request).await.unwrap().status()
        };
        assert_eq!(status(BODY).await, StatusCode::OK);
        assert_eq!(status(BODY + 1).await, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_takes_too_long_is_a_failure_of_the_server() {
        let app = stuck_app(9);
        let piece = Body::from_stream(stream::iter([Ok::<_, std::io::Error>("a")]));
        for body in [Body::empty(), Body::from("a"), piece] {
            let response = app.clone().oneshot(request(body)).await.unwrap();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_over_the_limit_are_rejected_until_others_have_ended() {
        let app = stuck_app(1);
        let first = tokio::spawn(app.clone().oneshot(request("a")));
        tokio::task::yield_now().await;
        let begin = tokio::time::Instant::now();
        let rejected = app.clone().oneshot(request("a")).await.unwrap();
        assert_eq!(rejected.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(begin.elapsed(), Duration::ZERO, "at once");
        first.await.unwrap().unwrap();
        let begin = tokio::time::Instant::now();
        let handled = app.oneshot(request("a")).await.unwrap();
        assert_eq!(handled.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(begin.elapsed(), Duration::from_secs(30), "after the time of its handler");
    }
}
