//! Checks the body of server function calls before Dioxus reads it.
//!
//! Dioxus 0.7.10 panics on a body over its limit, responds with 500 to arguments it cannot parse, and
//! accepts JSON sent as `text/plain`, which other sites can send without a CORS preflight.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The largest body of a server function call, in bytes, which the limits of requests apply. Files are uploaded to S3
/// directly.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The largest error response of Dioxus that is checked, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;

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
    let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
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

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

async fn map_argument_errors(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_ERROR_BYTES).await.unwrap_or_default();
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
    use axum::routing::post;
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
}
