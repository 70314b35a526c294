//! `/api/v1/jobs/{id}/result` and `/log`: what a job has made.

use super::caller::CanRead;
use super::dto::{Link, ResultQuery};
use super::jobs::NamedJob;
use super::problem::{Problem, ProblemBody};
use crate::error::ApiError;
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gas_backend::usecases;

/// Download a result.
///
/// Redirects to the annotated file in storage. The link works for a minute at most. On the Free plan
/// a result can be downloaded for a while after it is completed.
#[utoipa::path(
    get, path = "/jobs/{id}/result", tag = "files", operation_id = "get_result",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job"), ResultQuery),
    responses(
        (status = 302, description = "Where the file is; do not send the token there", headers(
            ("Location" = String, description = "The link"))),
        (status = 200, description = "The link, with `redirect=false`", body = Link),
        (status = 402, description = "The time to download it on the Free plan is out", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is no result yet, or it is being restored", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn result(
    CanRead(caller): CanRead,
    NamedJob(id): NamedJob,
    query: Result<Query<ResultQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let url = usecases::sign_result_link(&caller.web.gas, caller.account.id, id).await;
    let url = url.map_err(ApiError::from)?;
    if query.redirect == Some(false) {
        return Ok(Json(Link { url }).into_response());
    }
    Ok((StatusCode::FOUND, [(header::LOCATION, url)]).into_response())
}

/// Read a log.
///
/// What the worker wrote so far, and of a completed job the counts of the engine behind that. It is
/// empty before a worker took the job, and stays when the result goes to the archive.
#[utoipa::path(
    get, path = "/jobs/{id}/log", tag = "files", operation_id = "get_log",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The log", body = String, content_type = "text/plain"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn log(CanRead(caller): CanRead, NamedJob(id): NamedJob) -> Result<String, Problem> {
    let text = usecases::read_log(&caller.web.gas, caller.account.id, id).await;
    Ok(text.map_err(ApiError::from)?)
}
