//! `GET /annotations-export/{id}?format=FORMAT,…&filter=<JSON>`: the variants that match a filter of the results explorer,
//! as a file, or as a ZIP archive of several; `/s/{secret}/export` through a share link. Not a server function, because
//! those return values instead of files; callers are authenticated in the same way.

use super::Web;
use super::file_response::{file_response, or_error_response};
use super::named_result::NamedResult;
use crate::error::{ApiError, ErrorCode};
use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures::TryStreamExt;
use gas_backend::chain;
use gas_backend::usecases::{DownloadError, ExploreError, Export, FindError, export_results};
use gas_shared::explorer::{ExportFormats, Filter, url};
use serde::Deserialize;

/// The longest filter in bytes of JSON, about what browsers and proxies accept in a URL.
const MAX_FILTER_BYTES: usize = 16 * 1024;

#[derive(Deserialize)]
struct ExportQuery {
    format: ExportFormats,
    #[serde(default)]
    filter: String,
}

/// The route of exports.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/annotations-export/{id}", get(export))
        .route("/s/{secret}/export", get(export))
}

async fn export(
    Extension(web): Extension<Web>,
    result: NamedResult,
    Query(query): Query<ExportQuery>,
    headers: HeaderMap,
) -> Response {
    match try_export(&web, &result, &query).await {
        Ok(export) => export_response(export, query.format.content_type()),
        // A browser would show or save the plain message. The page runs the same query and shows the
        // error properly.
        Err(_) if is_page_wanted(&headers) => {
            let page = result.address().explorer(query.filter, String::new());
            Redirect::to(&page.to_string()).into_response()
        }
        Err(error) => or_error_response(Err(error)),
    }
}

async fn try_export(
    web: &Web,
    result: &NamedResult,
    query: &ExportQuery,
) -> Result<Export, ApiError> {
    let access = result.access(web).await?;
    let filter = read_filter(&query.filter)?;
    let (gas, explorers) = (&web.gas, &web.explorers);
    Ok(export_results(gas, explorers, &access, filter, &query.format).await?)
}

/// Whether the request comes from a link instead of a program.
fn is_page_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|types| types.contains("text/html"))
}

/// Reads the filter of a request.
///
/// # Errors
/// [`ErrorCode::Invalid`] if it is too long or no filter.
pub fn read_filter(text: &str) -> Result<Filter, ApiError> {
    let invalid = |message: String| ApiError::new(ErrorCode::Invalid, message);
    if text.len() > MAX_FILTER_BYTES {
        return Err(invalid(format!("the filter is over {MAX_FILTER_BYTES} bytes")));
    }
    url::read_filter(text).map_err(|error| invalid(format!("the filter cannot be read: {error}")))
}

/// The response with an export of a content type.
pub fn export_response(export: Export, content_type: &'static str) -> Response {
    // The status is already sent, so an error closes the connection, which browsers report as a failed
    // download.
    let content = export.content.inspect_err(|error| match error {
        // The share link was revoked, or the job was deleted.
        ExploreError::Download(
            DownloadError::NoLink
            | DownloadError::Find(FindError::NotFound(_))
            | DownloadError::NotCompleted { .. },
        ) => tracing::info!(error = %chain(error), "an export was ended"),
        _ => tracing::error!(error = %chain(error), "an export failed"),
    });
    file_response(Body::from_stream(content), content_type, &export.file_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_urls_are_read_or_rejected() {
        assert!(read_filter("").unwrap().is_empty());
        assert_eq!(read_filter(r#"{"genes":["ABC"]}"#).unwrap().genes, ["ABC"]);
        let long = format!(r#"{{"text":"{}"}}"#, "a".repeat(MAX_FILTER_BYTES));
        for text in ["x", r#"{"gene":"ABC"}"#, &long] {
            assert_eq!(read_filter(text).unwrap_err().code, ErrorCode::Invalid);
        }
    }
}
