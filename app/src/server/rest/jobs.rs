//! `/api/v1/jobs`: making, following and ending jobs.

use super::caller::{CanRead, CanWrite};
use super::dto::{CreatedJob, JobDto, JobListDto, ListQuery, NewJob};
use super::limits::Limits;
use super::problem::{Code, Problem, ProblemBody};
use crate::error::ApiError;
use axum::Extension;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use gas_backend::usecases::{self, IdempotencyKey};
use gas_shared::JobId;
use std::sync::Arc;

/// Jobs of a page where the caller does not say how many.
const PAGE: u16 = 25;

/// Jobs of a page at most.
const MAX_PAGE: u16 = 100;

/// The job that a path names, as [`JobId`]. Whatever is no id names no job.
pub struct NamedJob(pub JobId);

impl<S: Send + Sync> FromRequestParts<S> for NamedJob {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        let none = |_| Problem::new(Code::NotFound, format!("there is no job {text:?}"));
        text.parse().map(Self).map_err(none)
    }
}

/// Make a job.
///
/// Answers how to upload its file: one POST straight to storage, within some minutes. Then call
/// `submit`. With a header `Idempotency-Key`, a repeated call gives the same job, with a fresh
/// upload as long as it is not submitted; the key is remembered for as long as the job is kept.
#[utoipa::path(
    post, path = "/jobs", tag = "jobs", operation_id = "create_job",
    security(("token" = ["jobs:write"])),
    params(("Idempotency-Key" = Option<String>, Header,
        description = "1 to 200 visible ASCII characters, such as a UUID")),
    request_body = NewJob,
    responses(
        (status = 201, description = "The job, and how to upload its file", body = CreatedJob),
        (status = 200, description = "The job that the idempotency key has made before", body = CreatedJob),
        (status = 400, description = "The file cannot be used", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The file is larger than the plan allows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The idempotency key was used for another file", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn create(
    CanWrite(caller): CanWrite,
    Extension(limits): Extension<Arc<Limits>>,
    headers: HeaderMap,
    new: Result<Json<NewJob>, JsonRejection>,
) -> Result<(StatusCode, Json<CreatedJob>), Problem> {
    let Json(new) = new?;
    let key = idempotency_key(&headers)?;
    limits.job(caller.account.id)?;
    let (gas, account) = (&caller.web.gas, &caller.account);
    let made = usecases::create_job(gas, account, &new.file_name, new.size_bytes, key.as_ref());
    let made = made.await?;
    let status = if made.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let created = CreatedJob { job: JobDto::from(&made.job), upload: made.ticket.map(Into::into) };
    Ok((status, Json(created)))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let key = IdempotencyKey::parse(text)
        .map_err(|error| Problem::new(Code::InvalidRequest, error.to_string()))?;
    Ok(Some(key))
}

/// Submit a job.
///
/// Says that the file is uploaded; the job joins the queue. Calling again does no harm.
#[utoipa::path(
    post, path = "/jobs/{id}/submit", tag = "jobs", operation_id = "submit_job",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The job as it is now", body = JobDto),
        (status = 409, description = "The file has not arrived, or the job is over", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn submit(
    CanWrite(caller): CanWrite,
    NamedJob(id): NamedJob,
) -> Result<Json<JobDto>, Problem> {
    let job = usecases::confirm_upload(&caller.web.gas, caller.account.id, id).await;
    Ok(Json(JobDto::from(&job.map_err(ApiError::from)?)))
}

/// List jobs.
#[utoipa::path(
    get, path = "/jobs", tag = "jobs", operation_id = "list_jobs",
    security(("token" = ["jobs:read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "A page of your jobs, newest first", body = JobListDto),
        (status = 400, description = "The query cannot be used", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list(
    CanRead(caller): CanRead,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<JobListDto>, Problem> {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        let text = format!("limit is {limit}; it must be 1 to {MAX_PAGE}");
        return Err(Problem::new(Code::InvalidRequest, text));
    }
    let (gas, owner) = (&caller.web.gas, caller.account.id);
    let cursor = query.cursor.as_deref();
    let page = match query.status {
        Some(status) => usecases::list_jobs_in(gas, owner, status.into(), cursor, limit).await?,
        None => usecases::list_jobs(gas, owner, cursor, limit).await?,
    };
    let jobs = page.jobs.iter().map(JobDto::from).collect();
    Ok(Json(JobListDto { jobs, next_cursor: page.next }))
}

/// Get a job.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs", operation_id = "get_job",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The job as it is now", body = JobDto),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn get(
    CanRead(caller): CanRead,
    NamedJob(id): NamedJob,
) -> Result<Json<JobDto>, Problem> {
    let job = usecases::find_job(&caller.web.gas, caller.account.id, id).await;
    Ok(Json(JobDto::from(&job.map_err(ApiError::from)?)))
}

/// Cancel a job.
///
/// Stops a job that is not over. Calling again does no harm.
#[utoipa::path(
    post, path = "/jobs/{id}/cancel", tag = "jobs", operation_id = "cancel_job",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The job as it is now", body = JobDto),
        (status = 409, description = "The job is over", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn cancel(
    CanWrite(caller): CanWrite,
    NamedJob(id): NamedJob,
) -> Result<Json<JobDto>, Problem> {
    let job = usecases::cancel_job(&caller.web.gas, caller.account.id, id).await;
    Ok(Json(JobDto::from(&job.map_err(ApiError::from)?)))
}

/// Delete a job.
///
/// Deletes a job whatever state it is in, with its file, log and result, archived ones too. This
/// cannot be undone. Who cannot find it any more has deleted it.
#[utoipa::path(
    delete, path = "/jobs/{id}", tag = "jobs", operation_id = "delete_job",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 204, description = "It is deleted; its files go within minutes"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn delete(
    CanWrite(caller): CanWrite,
    NamedJob(id): NamedJob,
) -> Result<StatusCode, Problem> {
    let deleted = usecases::delete_job(&caller.web.gas, caller.account.id, id).await;
    deleted.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
