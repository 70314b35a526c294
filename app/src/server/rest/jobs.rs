//! `/api/v1/jobs`: creates, lists, cancels and deletes jobs.

use super::caller::{CanRead, CanWrite};
use super::dto::{
    CreateQuery, CreatedJob, JobDto, JobListDto, JobPartsDto, ListQuery, RerunRequest,
};
use super::optional_body::OptionalBody;
use super::problem::{Code, Problem, ProblemBody};
use crate::error::ApiError;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use gas_backend::usecases::{self, IdempotencyKey, JobFilter};
use gas_shared::JobId;
use gas_shared::import::NewImport;
use gas_shared::job::{Labels, OrganizationError, OrganizationRequest, ProjectName};
use gas_shared::upload::NewUpload;

/// The default number of jobs on a page.
const DEFAULT_PAGE_SIZE: u16 = 25;

/// The largest number of jobs on a page.
const MAX_PAGE_SIZE: u16 = 100;

/// The job id of a path. A path with an invalid id gets 404.
pub struct JobPath(pub JobId);

impl<S: Send + Sync> FromRequestParts<S> for JobPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        let none = |_| Problem::new(Code::NotFound, format!("there is no job {text:?}"));
        text.parse().map(Self).map_err(none)
    }
}

/// Create a job.
///
/// Returns a form for uploading the file: send it as one POST directly to storage before
/// `expires_at`, then call `submit`. With `in_parts=true`, returns the first parts of the file instead of the form:
/// send each with a PUT, call `parts` for the next ones until none is missing, then call `submit`; an
/// interrupted upload can be continued for a day. With the header `Idempotency-Key`, a repeated call returns the
/// same job, with a new upload form or the next parts until the job is submitted. The key is kept as long as the job.
#[utoipa::path(
    post, path = "/jobs", tag = "jobs", operation_id = "create_job",
    security(("token" = ["jobs:write"])),
    params(CreateQuery, ("Idempotency-Key" = Option<String>, Header,
        description = "1 to 200 visible ASCII characters, such as a UUID")),
    request_body = NewUpload,
    responses(
        (status = 201, description = "The job and the upload form or the first parts of its file", body = CreatedJob),
        (status = 200, description = "The existing job with this idempotency key", body = CreatedJob),
        (status = 400, description = "The file name, the size or an option is invalid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "With `in_parts=true`: the upload of the job with this idempotency key has expired, or is not in parts", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The file is larger than the plan allows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The idempotency key was used for another file, or with other options", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn create(
    CanWrite(caller): CanWrite,
    query: Result<Query<CreateQuery>, QueryRejection>,
    headers: HeaderMap,
    new: Result<Json<NewUpload>, JsonRejection>,
) -> Result<(StatusCode, Json<CreatedJob>), Problem> {
    let Query(query) = query?;
    let Json(new) = new?;
    let key = idempotency_key(&headers)?;
    let (gas, account) = (&caller.web.gas, &caller.account);
    let (created, is_new) = if query.in_parts == Some(true) {
        let made = usecases::create_job_in_parts(gas, account, &new, key.as_ref()).await?;
        let parts = made.ticket.map(Into::into);
        (CreatedJob { job: JobDto::from(&made.job), upload: None, parts }, made.is_new)
    } else {
        let made = usecases::create_job(gas, account, &new, key.as_ref()).await?;
        let upload = made.ticket.map(Into::into);
        (CreatedJob { job: JobDto::from(&made.job), upload, parts: None }, made.is_new)
    };
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(created)))
}

/// Create a job from a URL.
///
/// GAS copies the file itself, in parts, and then adds the job to the queue; there is nothing to upload or to submit. The
/// job is `uploading` in the meantime, with the progress of the copy; canceling it stops the copy. The URL is a presigned
/// URL of S3, or another https URL at a public address whose server supports ranges and sends an ETag or Last-Modified;
/// redirects are not followed. The size is checked against the plan first. If the file changes while it is copied, or the
/// URL expires, the job fails with a reason that says so. The URL is stored until the copy has ended, and never returned.
/// Files of up to 500 GiB are copied, within a day, and 20 at a time wait or are copied. With the header `Idempotency-Key`,
/// a repeated call returns the same job.
#[utoipa::path(
    post, path = "/jobs/from-url", tag = "jobs", operation_id = "create_job_from_url",
    security(("token" = ["jobs:write"])),
    params(("Idempotency-Key" = Option<String>, Header,
        description = "1 to 200 visible ASCII characters, such as a UUID")),
    request_body = NewImport,
    responses(
        (status = 201, description = "The job", body = JobDto),
        (status = 200, description = "The existing job with this idempotency key", body = JobDto),
        (status = 400, description = "The URL, the file name or an option is invalid, or the file cannot be read from the URL", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Too many files are being copied", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The file is larger than the plan allows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The idempotency key was used for another file, or with other options", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn create_from_url(
    CanWrite(caller): CanWrite,
    headers: HeaderMap,
    new: Result<Json<NewImport>, JsonRejection>,
) -> Result<(StatusCode, Json<JobDto>), Problem> {
    let Json(new) = new?;
    let key = idempotency_key(&headers)?;
    let (web, account) = (&caller.web, &caller.account);
    let made =
        usecases::import_file(&web.gas, &*web.file_source, account, &new, key.as_ref()).await?;
    let status = if made.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(JobDto::from(&made.job))))
}

/// Get the next parts of a job's file.
///
/// Returns the first parts that storage has not received. Call it again after these are sent, or to continue an
/// interrupted upload. Only for jobs that were created with `in_parts=true`.
#[utoipa::path(
    post, path = "/jobs/{id}/parts", tag = "jobs", operation_id = "next_job_parts",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The next parts to send", body = JobPartsDto),
        (status = 409, description = "The job expects no parts, or its upload has expired", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn parts(
    CanWrite(caller): CanWrite,
    JobPath(id): JobPath,
) -> Result<Json<JobPartsDto>, Problem> {
    let parts = usecases::next_parts(&caller.web.gas, caller.account.id, id).await;
    Ok(Json(parts.map_err(ApiError::from)?.into()))
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
/// Confirms that the file is uploaded and adds the job to the queue. Repeated calls have no further
/// effect.
#[utoipa::path(
    post, path = "/jobs/{id}/submit", tag = "jobs", operation_id = "submit_job",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The current job", body = JobDto),
        (status = 409, description = "The file is not uploaded, or the job has already ended", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn submit(
    CanWrite(caller): CanWrite,
    JobPath(id): JobPath,
) -> Result<Json<JobDto>, Problem> {
    let job = usecases::confirm_upload(&caller.web.gas, caller.account.id, id).await;
    Ok(Json(JobDto::from(&job.map_err(ApiError::from)?)))
}

/// List jobs.
///
/// Returns your jobs, newest first, one page at a time. With a filter, a page may have fewer jobs than `limit`, or none;
/// `next_cursor` says whether there are more.
#[utoipa::path(
    get, path = "/jobs", tag = "jobs", operation_id = "list_jobs",
    security(("token" = ["jobs:read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "A page of jobs", body = JobListDto),
        (status = 400, description = "The query is invalid", body = ProblemBody, content_type = "application/problem+json"),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list(
    CanRead(caller): CanRead,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<JobListDto>, Problem> {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(DEFAULT_PAGE_SIZE);
    if !(1..=MAX_PAGE_SIZE).contains(&limit) {
        let text = format!("limit is {limit}; it must be from 1 to {MAX_PAGE_SIZE}");
        return Err(Problem::new(Code::InvalidRequest, text));
    }
    let (gas, owner) = (&caller.web.gas, caller.account.id);
    let cursor = query.cursor.as_deref();
    let invalid = |error: OrganizationError| Problem::new(Code::InvalidRequest, error.to_string());
    let labels = query.label.iter().flat_map(|labels| labels.split(','));
    let labels = Labels::parse(labels).map_err(invalid)?;
    if query.label.is_some() && labels.is_empty() {
        // A program whose variable is empty does not want all jobs.
        return Err(invalid(OrganizationError::Empty("label")));
    }
    let filter = JobFilter {
        status: query.status.map(Into::into),
        labels,
        project: query.project.as_deref().map(ProjectName::parse).transpose().map_err(invalid)?,
    };
    let page = usecases::list_jobs_where(gas, owner, &filter, cursor, limit).await?;
    let jobs = page.jobs.iter().map(JobDto::from).collect();
    Ok(Json(JobListDto { jobs, next_cursor: page.next }))
}

/// Get a job.
///
/// Returns the job with its progress, failure or result.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs", operation_id = "get_job",
    security(("token" = ["jobs:read"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The current job", body = JobDto),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn get(CanRead(caller): CanRead, JobPath(id): JobPath) -> Result<Json<JobDto>, Problem> {
    let job = usecases::find_job(&caller.web.gas, caller.account.id, id).await;
    Ok(Json(JobDto::from(&job.map_err(ApiError::from)?)))
}

/// Rename and organize a job.
///
/// Changes the title, the labels, the project or the note of a job with any status, as a JSON Merge Patch: fields that you
/// leave out stay as they are, and `null` or an empty value removes one.
#[utoipa::path(
    patch, path = "/jobs/{id}", tag = "jobs", operation_id = "change_job",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    request_body = OrganizationRequest,
    responses(
        (status = 200, description = "The current job", body = JobDto),
        (status = 400, description = "A text is too long, a label has a comma, or there are too many labels", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn change(
    CanWrite(caller): CanWrite,
    JobPath(id): JobPath,
    request: Result<Json<OrganizationRequest>, JsonRejection>,
) -> Result<Json<JobDto>, Problem> {
    let (gas, owner) = (&caller.web.gas, caller.account.id);
    // Another user's job is missing whatever the body is.
    usecases::find_job(gas, owner, id).await.map_err(ApiError::from)?;
    let Json(request) = request?;
    let job = usecases::organize_job(gas, owner, id, &request).await;
    Ok(Json(JobDto::from(&job.map_err(ApiError::from)?)))
}

/// Cancel a job.
///
/// Stops a job that has not ended. Repeated calls have no further effect.
#[utoipa::path(
    post, path = "/jobs/{id}/cancel", tag = "jobs", operation_id = "cancel_job",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The current job", body = JobDto),
        (status = 409, description = "The job has already ended", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn cancel(
    CanWrite(caller): CanWrite,
    JobPath(id): JobPath,
) -> Result<Json<JobDto>, Problem> {
    let job = usecases::cancel_job(&caller.web.gas, caller.account.id, id).await;
    Ok(Json(JobDto::from(&job.map_err(ApiError::from)?)))
}

/// Run a job again.
///
/// Creates a new job with a copy of the file of a job that has ended, and adds it to the queue. A file of more
/// than 50 GiB is copied after the response, as one from a URL: the job is uploading until then, and fails if the first one is
/// deleted meanwhile. Without `options`, the new job has the options of the old one.
/// With the header `Idempotency-Key`, a repeated call returns the same job; without it, each call creates a
/// job.
#[utoipa::path(
    post, path = "/jobs/{id}/rerun", tag = "jobs", operation_id = "rerun_job",
    security(("token" = ["jobs:write"])),
    params(
        ("id" = uuid::Uuid, Path, description = "The job"),
        ("Idempotency-Key" = Option<String>, Header,
            description = "1 to 200 visible ASCII characters, such as a UUID"),
    ),
    request_body = Option<RerunRequest>,
    responses(
        (status = 201, description = "The new job", body = JobDto),
        (status = 400, description = "The options are invalid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 402, description = "The result is archived, and needs the Premium plan", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The idempotency key was used for another request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The job has not ended, its file is deleted or has more than 500 GiB, or too many files are being copied", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The file is larger than the plan allows", body = ProblemBody, content_type = "application/problem+json"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn rerun(
    CanWrite(caller): CanWrite,
    JobPath(id): JobPath,
    headers: HeaderMap,
    OptionalBody(request): OptionalBody<RerunRequest>,
) -> Result<(StatusCode, Json<JobDto>), Problem> {
    let options = request.and_then(|request| request.options);
    let key = idempotency_key(&headers)?;
    let (gas, account) = (&caller.web.gas, &caller.account);
    let job = usecases::rerun_job(gas, account, id, options, key.as_ref()).await;
    Ok((StatusCode::CREATED, Json(JobDto::from(&job?))))
}

/// Delete a job.
///
/// Deletes a job with any status, with its input file, run log and result, including an archived
/// result. This cannot be undone. A repeated call may get 404, which means that the job is already
/// deleted.
#[utoipa::path(
    delete, path = "/jobs/{id}", tag = "jobs", operation_id = "delete_job",
    security(("token" = ["jobs:write"])),
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 204, description = "The job is deleted; its files are removed within minutes"),
        super::JobProblems, super::CommonProblems,
    ),
)]
pub async fn delete(
    CanWrite(caller): CanWrite,
    JobPath(id): JobPath,
) -> Result<StatusCode, Problem> {
    let deleted = usecases::delete_job(&caller.web.gas, caller.account.id, id).await;
    deleted.map_err(ApiError::from)?;
    Ok(StatusCode::NO_CONTENT)
}
