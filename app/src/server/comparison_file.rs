//! `GET /annotations-comparison/{id}?other=<id>`: all differences of two results as a TSV file. Not a server function, because
//! those return values instead of files; callers are authenticated in the same way.

use super::export::export_response;
use super::file_response::or_error_response;
use super::{Web, caller};
use crate::error::ApiError;
use crate::server::session::Session;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use gas_backend::usecases::{Export, export_differences};
use gas_shared::JobId;
use serde::Deserialize;

/// The content type of the file.
pub const TSV: &str = "text/tab-separated-values; charset=utf-8";

#[derive(Deserialize)]
struct ComparisonQuery {
    other: JobId,
}

/// The route of differences.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/annotations-comparison/{id}", get(differences))
}

async fn differences(
    Extension(web): Extension<Web>,
    session: Session,
    Path(id): Path<JobId>,
    Query(query): Query<ComparisonQuery>,
) -> Response {
    match try_export(&web, &session, (id, query.other)).await {
        Ok(export) => export_response(export, TSV),
        Err(error) => or_error_response(Err(error)),
    }
}

async fn try_export(
    web: &Web,
    session: &Session,
    jobs: (JobId, JobId),
) -> Result<Export, ApiError> {
    let account = caller::account_of(web, session).await?;
    Ok(export_differences(&web.gas, &web.explorers, account.id, jobs, None).await?)
}
