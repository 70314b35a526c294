//! Parts of requests that several operations share: headers, bodies, markers and limits.

use crate::disk::Incoming;
use crate::error::{ApiError, ApiResult};
use crate::store::Store;
use crate::tree_hash::TreeHash;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use futures::TryStreamExt as _;
use serde::Deserialize;
use std::sync::Arc;

/// The state of the handlers.
pub(super) type Shared = State<Arc<Store>>;

pub(super) fn optional_header<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> ApiResult<Option<&'a str>> {
    let value = headers.get(name).map(|value| value.to_str()).transpose();
    value.map_err(|_| ApiError::invalid(format!("{name} is not ASCII")))
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> ApiResult<&'a str> {
    optional_header(headers, name)?.ok_or_else(|| ApiError::missing(name))
}

pub(super) fn number_header(headers: &HeaderMap, name: &str) -> ApiResult<u64> {
    let text = header(headers, name)?;
    text.parse().map_err(|_| ApiError::invalid(format!("{name} is not a number: {text}")))
}

pub(super) fn tree_hash_header(headers: &HeaderMap) -> ApiResult<TreeHash> {
    let text = header(headers, "x-amz-sha256-tree-hash")?;
    text.parse().map_err(|error| ApiError::invalid(format!("x-amz-sha256-tree-hash: {error}")))
}

/// Writes a body to disk as it arrives. The body is read completely before a request is rejected,
/// because a client that is still sending does not read the response.
pub(super) async fn receive(store: &Store, body: Body) -> ApiResult<Incoming> {
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
pub(super) struct PageQuery {
    marker: Option<String>,
    limit: Option<String>,
}

impl PageQuery {
    /// Returns the requested page and the marker of the next one. `items` are pairs of item and
    /// marker in a stable order; `most` is the largest page size of AWS.
    pub(super) fn page<T>(
        &self,
        items: Vec<(String, T)>,
        most: usize,
    ) -> ApiResult<(Vec<T>, Option<String>)> {
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
    fn invalid_markers_and_limits_are_rejected() {
        for (marker, limit) in [(Some("9"), None), (None, Some("0")), (None, Some("5"))] {
            assert!(page(marker, limit).is_err(), "{marker:?} {limit:?}");
        }
    }
}
