//! Checks the body of server function calls before Dioxus reads it.
//!
//! Dioxus 0.7.10 panics on a body over the limit, responds with 500 to arguments it cannot parse, and
//! accepts JSON sent as `text/plain`, which other sites can send without a CORS preflight.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;

/// The largest body of a server function call, in bytes. Files are uploaded to S3 directly.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How much of a body over the limit is read and discarded. Browsers read the response only after
/// they have sent the body, so closing the connection earlier would hide the error.
const MAX_DISCARDED_BYTES: usize = 8 * 1024 * 1024;

/// What a piece of a discarded body counts at least, since each one takes time however short it is. A
/// chunk of HTTP/1.1 may have one byte.
const MIN_DISCARDED_BYTES: usize = 4 * 1024;

/// The text with which Dioxus reports JSON that does not match the function's arguments.
const DIOXUS_ARGUMENT_ERROR: &[u8] = b"error deserializing server function";

/// Rejects calls whose body cannot be the arguments of a server function with 413, 415 or 400.
pub async fn check_arguments(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    if *request.method() != Method::POST {
        return answer(next.run(request).await).await;
    }
    let (parts, body) = request.into_parts();
    let Some(bytes) = read(body).await else {
        let text = format!("the body has more than {MAX_BODY_BYTES} bytes");
        return (StatusCode::PAYLOAD_TOO_LARGE, text).into_response();
    };
    if !bytes.is_empty() {
        if !is_json(&parts.headers) {
            let text = "the body must be application/json";
            return (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response();
        }
        if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
            return (StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}"))
                .into_response();
        }
    }
    answer(next.run(Request::from_parts(parts, Body::from(bytes))).await).await
}

/// The response to a call, with status 400 if Dioxus could not parse its arguments.
async fn answer(response: Response) -> Response {
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        return map_argument_errors(response).await;
    }
    response
}

/// Reads the whole body. Returns `None` if it is too large or ends early.
async fn read(body: Body) -> Option<Vec<u8>> {
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut size = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.ok()?;
        if size + piece.len() <= MAX_BODY_BYTES {
            size += piece.len();
            bytes.extend_from_slice(&piece);
            continue;
        }
        size = size.max(MAX_BODY_BYTES) + piece.len().max(MIN_DISCARDED_BYTES);
        if size > MAX_DISCARDED_BYTES {
            return None;
        }
    }
    (size <= MAX_BODY_BYTES).then_some(bytes)
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

async fn map_argument_errors(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
    let is_argument_error =
        bytes.windows(DIOXUS_ARGUMENT_ERROR.len()).any(|window| window == DIOXUS_ARGUMENT_ERROR);
    if is_argument_error {
        parts.status = StatusCode::BAD_REQUEST;
    }
    Response::from_parts(parts, Body::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Bytes;
    use axum::routing::post;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tower::ServiceExt;

    async fn status(content_type: &str, body: impl Into<Body>) -> StatusCode {
        let app = Router::new()
            .route("/api/x", post(|body: String| async { body }))
            .layer(axum::middleware::from_fn(check_arguments));
        let request = Request::post("/api/x").header("content-type", content_type);
        app.oneshot(request.body(body.into()).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn arguments_must_be_json_within_the_size_limit() {
        assert_eq!(status("application/json; charset=utf-8", "{}").await, StatusCode::OK);
        assert_eq!(status("application/json", "{\"a\":").await, StatusCode::BAD_REQUEST);
        assert_eq!(status("text/plain", "{}").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let large = vec![b' '; MAX_BODY_BYTES + 1];
        assert_eq!(status("application/json", large).await, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_body_in_tiny_pieces_is_not_read_to_its_end() {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = read.clone();
        let pieces = std::iter::repeat_with(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(b" "))
        });
        let body = Body::from_stream(futures::stream::iter(pieces.take(MAX_DISCARDED_BYTES)));
        assert_eq!(status("application/json", body).await, StatusCode::PAYLOAD_TOO_LARGE);
        let discarded = MAX_DISCARDED_BYTES / MIN_DISCARDED_BYTES;
        assert!(read.load(Ordering::Relaxed) <= MAX_BODY_BYTES + discarded);
    }
}
