//! `GET /annotations-result/{id}?file=plain|index`: a result as plain text, or its region index. Not server
//! functions, because those return values instead of files; callers are authenticated in the same way.

use super::file_response::{file_response, or_error_response};
use super::{Web, caller};
use crate::error::ApiError;
use crate::server::session::Session;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures::TryStreamExt;
use gas_backend::chain;
use gas_backend::usecases::{Export, plain_result, sign_region_index_link};
use gas_shared::JobId;
use serde::Deserialize;

#[derive(Deserialize)]
struct FileQuery {
    file: File,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum File {
    Plain,
    Index,
}

/// The route of these files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/annotations-result/{id}", get(result_file))
}

async fn result_file(
    Extension(web): Extension<Web>,
    session: Session,
    Path(id): Path<JobId>,
    Query(query): Query<FileQuery>,
) -> Response {
    or_error_response(try_result_file(&web, &session, id, &query.file).await)
}

async fn try_result_file(
    web: &Web,
    session: &Session,
    id: JobId,
    file: &File,
) -> Result<Response, ApiError> {
    let owner = caller::account_of(web, session).await?.id;
    Ok(match file {
        File::Plain => plain_response(plain_result(&web.gas, &web.explorers, owner, id).await?),
        File::Index => {
            Redirect::to(&sign_region_index_link(&web.gas, owner, id).await?).into_response()
        }
    })
}

/// The response with a result as plain text.
pub fn plain_response(result: Export) -> Response {
    // The status is already sent, so an error closes the connection, which is reported as a failed
    // download.
    let content = result.content.inspect_err(|error| {
        tracing::error!(error = %chain(error), "a download of plain text failed");
    });
    file_response(Body::from_stream(content), "text/x-vcf; charset=utf-8", &result.file_name)
}
