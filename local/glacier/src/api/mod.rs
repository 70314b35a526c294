//! The HTTP interface: paths, headers and JSON of the Glacier API, version 2012-06-01.

mod archives;
mod control;
mod jobs;
mod multipart;
mod vaults;

use crate::disk::Incoming;
use crate::error::{ApiError, ApiResult, Code};
use crate::store::Store;
use crate::tree_hash::TreeHash;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use futures::TryStreamExt as _;
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<Store>>;

/// The routes of the server.
pub fn router(store: Arc<Store>) -> Router {
    let vault = get(vaults::describe).put(vaults::create).delete(vaults::delete);
    let upload = get(multipart::list_parts)
        .put(multipart::upload_part)
        .post(multipart::complete)
        .delete(multipart::abort);
    let uploads = get(multipart::list).post(multipart::initiate);
    let jobs = get(jobs::list).post(jobs::initiate);
    let aws = Router::new()
        .route("/{account}/vaults", get(vaults::list))
        .route("/{account}/vaults/{vault}", vault)
        .route("/{account}/vaults/{vault}/archives", post(archives::upload))
        .route("/{account}/vaults/{vault}/archives/{archive}", delete(archives::delete))
        .route("/{account}/vaults/{vault}/multipart-uploads", uploads)
        .route("/{account}/vaults/{vault}/multipart-uploads/{upload}", upload)
        .route("/{account}/vaults/{vault}/jobs", jobs)
        .route("/{account}/vaults/{vault}/jobs/{job}", get(jobs::describe))
        .route("/{account}/vaults/{vault}/jobs/{job}/output", get(jobs::output))
        .route_layer(middleware::from_fn_with_state(store.clone(), admit));
    let control = Router::new()
        .route("/_control/health", get(control::health))
        .route("/_control/archives", get(control::archives))
        .route("/_control/expedited", put(control::expedited));
    aws.merge(control)
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(middleware::from_fn(carry_out))
        .with_state(store)
}

/// Completes a request even if the client disconnects, because an interrupted operation would leave
/// memory and disk inconsistent.
async fn carry_out(request: Request, next: Next) -> ApiResult<Response> {
    let answer = tokio::spawn(next.run(request)).await;
    answer.map_err(|_| ApiError::new(Code::ServiceUnavailableException, "the request panicked"))
}

/// Rejects requests that AWS rejects before it examines the operation. Signatures are not verified.
async fn admit(State(store): Shared, request: Request, next: Next) -> ApiResult<Response> {
    let account = request.uri().path().split('/').nth(1).unwrap_or_default();
    if account != "-" && account != store.settings().account_id {
        let message = format!("account {account} has no vaults here");
        return Err(ApiError::new(Code::AccessDeniedException, message));
    }
    header(request.headers(), "x-amz-glacier-version")?;
    Ok(next.run(request).await)
}

async fn unknown(request: Request) -> Response {
    let message = format!("no operation {} {}", request.method(), request.uri().path());
    ApiError::new(Code::BadRequest, message).into_response()
}

fn optional_header<'a>(headers: &'a HeaderMap, name: &str) -> ApiResult<Option<&'a str>> {
    let value = headers.get(name).map(|value| value.to_str()).transpose();
    value.map_err(|_| ApiError::invalid(format!("{name} is not ASCII")))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> ApiResult<&'a str> {
    optional_header(headers, name)?.ok_or_else(|| ApiError::missing(name))
}

fn number_header(headers: &HeaderMap, name: &str) -> ApiResult<u64> {
    let text = header(headers, name)?;
    text.parse().map_err(|_| ApiError::invalid(format!("{name} is no number: {text}")))
}

fn tree_hash_header(headers: &HeaderMap) -> ApiResult<TreeHash> {
    let text = header(headers, "x-amz-sha256-tree-hash")?;
    text.parse().map_err(|error| ApiError::invalid(format!("x-amz-sha256-tree-hash: {error}")))
}

/// Writes a body to disk as it arrives. The body is read completely before a request is rejected,
/// because a client that is still sending does not read the response.
async fn receive(store: &Store, body: Body) -> ApiResult<Incoming> {
    let mut incoming = store.disk().incoming().await?;
    let mut stream = body.into_data_stream();
    let broken = |error| ApiError::invalid(format!("the body ended early: {error}"));
    while let Some(bytes) = stream.try_next().await.map_err(broken)? {
        incoming.write(&bytes).await?;
    }
    Ok(incoming)
}

/// The marker and the limit of a list request.
#[derive(Debug, Deserialize)]
struct PageQuery {
    marker: Option<String>,
    limit: Option<String>,
}

impl PageQuery {
    /// Returns the requested page and the marker of the next one. `items` are pairs of item and
    /// marker in a stable order; `most` is the largest page size of AWS.
    fn page<T>(&self, items: Vec<(String, T)>, most: usize) -> ApiResult<(Vec<T>, Option<String>)> {
        let limit = match &self.limit {
            None => most,
            Some(text) => {
                text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
                    ApiError::invalid(format!("Invalid limit: {text}; expected 1 to {most}"))
                })?
            }
        };
        let start = match &self.marker {
            None => 0,
            Some(marker) => items
                .iter()
                .position(|(key, _)| key == marker)
                .ok_or_else(|| ApiError::invalid(format!("Invalid marker: {marker}")))?,
        };
        let next = items.get(start + limit).map(|(key, _)| key.clone());
        let page = items.into_iter().skip(start).take(limit).map(|(_, item)| item);
        Ok((page.collect(), next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(marker: Option<&str>, limit: Option<&str>) -> ApiResult<(Vec<u8>, Option<String>)> {
        let query =
            PageQuery { marker: marker.map(str::to_owned), limit: limit.map(str::to_owned) };
        query.page((0..5).map(|item| (item.to_string(), item)).collect(), 4)
    }

    #[test]
    fn pages_follow_each_other() {
        assert_eq!(page(None, Some("2")).unwrap(), (vec![0, 1], Some("2".to_owned())));
        assert_eq!(page(Some("2"), Some("2")).unwrap(), (vec![2, 3], Some("4".to_owned())));
        assert_eq!(page(Some("4"), Some("2")).unwrap(), (vec![4], None));
        assert_eq!(page(None, None).unwrap(), (vec![0, 1, 2, 3], Some("4".to_owned())));
    }

    #[test]
    fn wrong_markers_and_limits_are_refused() {
        for (marker, limit) in [(Some("9"), None), (None, Some("0")), (None, Some("5"))] {
            assert!(page(marker, limit).is_err(), "{marker:?} {limit:?}");
        }
    }
}
