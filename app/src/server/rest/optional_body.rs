//! A body that a request may leave out.

use super::problem::{Code, Problem};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;

/// The value of a body in JSON; `None` for a request without a body. A body without a content type is an error: it would
/// otherwise be ignored, and the request would do something else than its sender wants.
pub struct OptionalBody<T>(pub Option<T>);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            let Json(value) = Json::from_request(request, state).await?;
            return Ok(Self(Some(value)));
        }
        if Bytes::from_request(request, state).await?.is_empty() {
            return Ok(Self(None));
        }
        let text = "the body has no content type; add the header `Content-Type: application/json`";
        Err(Problem::new(Code::InvalidRequest, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::share_link::NewShareLink;

    async fn read(kind: Option<&str>, body: &'static str) -> Result<Option<NewShareLink>, Problem> {
        let mut request = Request::post("/");
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(body.into()).unwrap();
        OptionalBody::from_request(request, &()).await.map(|OptionalBody(value)| value)
    }

    #[tokio::test]
    async fn no_body_is_ignored() {
        const STRICT: &str = r#"{"allows_downloads":false}"#;
        let json = Some("application/json");
        assert_eq!(read(None, "").await, Ok(None));
        assert!(!read(json, STRICT).await.unwrap().unwrap().allows_downloads);
        for (kind, body) in [
            (None, STRICT),
            (Some("application/x-www-form-urlencoded"), STRICT),
            (json, ""),
            // A slip, with which the link would allow downloads.
            (json, r#"{"allow_downloads":false}"#),
        ] {
            assert!(read(kind, body).await.is_err(), "{kind:?} {body}");
        }
    }
}
