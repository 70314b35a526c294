//! Share links: their addresses, which contain a secret.
//!
//! Everything of a link is below `/s/{secret}`, and its server functions below `/api/s/{secret}`, so that one rule keeps
//! the secret out of the log and of the header `Referer`, and the pages out of search engines.

use super::Web;
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{Redirect, Response};
use axum::routing::get;
use gas_backend::usecases::{self, ShareLinkError};
use gas_shared::share_link::{CreatedShareLink, NewShareLink};
use gas_shared::{JobId, UserId};
use std::borrow::Cow;

/// How the paths of links begin, before their secret.
const PREFIXES: [&str; 2] = ["/s/", "/api/s/"];

/// What the log has instead of a secret.
const MASK: &str = "…";

/// The route of the address that is passed on. It leads to the first part of the page.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(
        "/s/{secret}",
        get(async |Path(secret): Path<String>| {
            // Only what a secret can have, so that the target stays on this service.
            let secret: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
            Redirect::temporary(&format!("/s/{secret}/results"))
        }),
    )
}

/// Makes a link, with its address.
///
/// # Errors
/// [`ShareLinkError`].
pub async fn create_link(
    web: &Web,
    owner: UserId,
    id: JobId,
    new: NewShareLink,
) -> Result<CreatedShareLink, ShareLinkError> {
    let (secret, link) = usecases::create_share_link(&web.gas, owner, id, new).await?;
    Ok(CreatedShareLink { url: web.public_url.join(&format!("/s/{}", secret.expose())), link })
}

/// A path without the secret of a share link, if it has one.
pub fn masked(path: &str) -> Cow<'_, str> {
    let found = PREFIXES.into_iter().find_map(|prefix| Some((prefix, path.strip_prefix(prefix)?)));
    let Some((prefix, rest)) = found else { return Cow::Borrowed(path) };
    let after = rest.find('/').map_or("", |end| &rest[end..]);
    Cow::Owned(format!("{prefix}{MASK}{after}"))
}

/// Middleware: browsers send the address of a link to nobody, and search engines do not list its pages. The general
/// headers are set before.
pub async fn protect(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_shared = PREFIXES.iter().any(|prefix| path.starts_with(prefix));
    let mut response = next.run(request).await;
    if is_shared {
        let headers = response.headers_mut();
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        let robots = HeaderName::from_static("x-robots-tag");
        headers.insert(robots, HeaderValue::from_static("noindex, nofollow"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use tower::ServiceExt;

    #[test]
    fn the_log_has_no_secrets() {
        for (path, logged) in [
            ("/s/S3cret", "/s/…"),
            ("/s/S3cret/results", "/s/…/results"),
            ("/api/s/S3cret/variants/7", "/api/s/…/variants/7"),
            ("/s/", "/s/…"),
            ("/", "/"),
            ("/annotations/s/1", "/annotations/s/1"),
            ("/api/sources", "/api/sources"),
        ] {
            assert_eq!(masked(path), logged);
        }
    }

    #[tokio::test]
    async fn only_pages_of_links_have_the_strict_headers() {
        let app: Router = routes()
            .route("/api/s/{secret}/charts", get(async || "[]"))
            .route("/stories", get(async || ""))
            .layer(from_fn(protect));
        let response = async |path: &str| {
            let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap()
        };
        for path in ["/s/abc", "/api/s/abc/charts"] {
            let headers = response(path).await.headers().clone();
            assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
            assert_eq!(headers["x-robots-tag"], "noindex, nofollow", "{path}");
        }
        let other = response("/stories").await;
        assert!(!other.headers().contains_key("x-robots-tag"));
        let found = response("/s/%2F%2Fevil.example").await;
        assert_eq!(found.status(), StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(found.headers()["location"], "/s/evilexample/results");
    }
}
