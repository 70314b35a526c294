//! Protection against cross-site request forgery: changing requests must come from our own pages.

use crate::server::Web;
use axum::Extension;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Rejects requests with a changing method (such as POST) that come from another site.
pub async fn check_origin(
    Extension(web): Extension<Web>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_ours(request.headers(), web.public_url.origin()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "this request did not come from a page of this service").into_response()
}

/// Browsers set `Sec-Fetch-Site` and `Origin` themselves; pages cannot change them. A request with
/// neither header does not come from a browser, so there is no cookie that could be misused.
fn is_ours(headers: &HeaderMap, origin: &str) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let site_ok = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let origin_ok = match text(header::ORIGIN.as_str()) {
        None => true,
        // A page that sends no referrer, as those of share links, sends no origin with a form either.
        Some("null") => text("sec-fetch-site") == Some("same-origin"),
        Some(from) => from == origin,
    };
    site_ok && origin_ok
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| {
            (name.parse().unwrap(), axum::http::HeaderValue::from_static(value))
        });
        is_ours(&headers.collect(), "https://gas.example.org")
    }

    #[test]
    fn own_pages_and_programs_without_a_browser_are_accepted() {
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("origin", "https://gas.example.org")]));
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(ours(&[]));
    }

    #[test]
    fn other_sites_are_rejected() {
        assert!(!ours(&[("sec-fetch-site", "cross-site")]));
        assert!(!ours(&[("sec-fetch-site", "same-site")]));
        assert!(!ours(&[("origin", "https://evil.example")]));
        assert!(!ours(&[("origin", "null")]));
        assert!(!ours(&[("origin", "null"), ("sec-fetch-site", "none")]));
        assert!(!ours(&[("origin", "https://gas.example.org.evil.example")]));
    }
}
