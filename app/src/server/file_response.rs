//! Responses that the browser saves as files. Their handlers are plain routes, because server
//! functions can only return values; they identify the caller in the same way.

use super::errors::retry_after;
use crate::error::ApiError;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dioxus::fullstack::AsStatusCode;
use gas_backend::attachment;

/// A response that the browser saves under `name`. It is personal, so caches must not store it.
pub fn file_response(content: impl Into<Body>, content_type: &'static str, name: &str) -> Response {
    let mut response = Response::new(content.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // `attachment` returns ASCII without control characters, so this cannot fail.
    if let Ok(disposition) = HeaderValue::from_str(&attachment(name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The file response, or the error as plain text with its status.
pub fn or_error_response(file: Result<Response, ApiError>) -> Response {
    file.unwrap_or_else(error_response)
}

/// The error as plain text with its status, and the time after which to try again if it has one.
pub fn error_response(error: ApiError) -> Response {
    let retry_after = retry_after(&error);
    let mut response = (error.as_status_code(), error.message).into_response();
    response.headers_mut().extend(retry_after);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    #[test]
    fn an_error_says_when_to_try_again_if_it_is_known() {
        let error = ApiError::new(ErrorCode::TooMany, "GAS is busy");
        assert!(!error_response(error.clone()).headers().contains_key(header::RETRY_AFTER));
        let response = error_response(ApiError { retry_after_secs: Some(9), ..error });
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header::RETRY_AFTER], "9");
        let busy = error_response(ApiError::new(ErrorCode::Unavailable, "GAS is busy"));
        assert_eq!(busy.headers()[header::RETRY_AFTER], "5");
    }
}
