//! What answers with files have in common. They are no server functions, since those answer with
//! values; they find their caller as those do.

use crate::error::ApiError;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dioxus::fullstack::AsStatusCode;
use gas_backend::attachment;

/// Content that the browser saves under a name. It is personal, and no cache keeps it.
pub fn as_file(content: impl Into<Body>, content_type: &'static str, name: &str) -> Response {
    let mut answer = Response::new(content.into());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // An attachment's header is ASCII without control characters.
    if let Ok(disposition) = HeaderValue::from_str(&attachment(name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    answer
}

/// The file, or in words why there is none.
pub fn or_refused(file: Result<Response, ApiError>) -> Response {
    file.unwrap_or_else(|error| (error.as_status_code(), error.message).into_response())
}
