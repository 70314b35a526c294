//! Server functions of jobs and their results.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::job::{JobList, OrganizationRequest, QueuePosition};
use gas_shared::{JobId, JobOptions, JobView};

/// A page of the caller's jobs. The query has the URL form of [`gas_shared::job::ListQuery`]; an empty
/// one selects the newest jobs.
#[get("/api/jobs?query")]
pub async fn jobs(query: String) -> ApiResult<RawJson<JobList>> {
    let (web, account) = crate::server::caller::account().await?;
    let query = query.as_str().into();
    let (lists, queue_positions) = (&web.lists, &web.queue_positions);
    Ok(RawJson::of(
        &gas_backend::usecases::find_jobs(&web.gas, lists, queue_positions, account.id, &query)
            .await?,
    ))
}

/// One of the caller's jobs.
#[get("/api/jobs/{id}")]
pub async fn job(id: JobId) -> ApiResult<RawJson<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::find_job(&web.gas, account.id, id).await?;
    Ok(RawJson::of(&JobView::from(&job)))
}

/// The position of one of the caller's jobs in the queue for a worker. `None` if it is not pending.
#[get("/api/jobs/{id}/queue")]
pub async fn queue_position(id: JobId) -> ApiResult<RawJson<Option<QueuePosition>>> {
    let (web, account) = crate::server::caller::account().await?;
    let (gas, lists, queue_positions) = (&web.gas, &web.lists, &web.queue_positions);
    Ok(RawJson::of(
        &gas_backend::usecases::queue_position(gas, lists, queue_positions, account.id, id).await?,
    ))
}

/// Annotates the input of a finished job again and returns the new job. Without options, it has those of
/// the finished one.
#[post("/api/jobs/{id}/rerun")]
pub async fn rerun_job(id: JobId, options: Option<JobOptions>) -> ApiResult<RawJson<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::rerun_job(&web.gas, &account, id, options, None).await?;
    Ok(RawJson::of(&JobView::from(&job)))
}

/// The current text of a job's run log.
#[get("/api/jobs/{id}/log")]
pub async fn job_log(id: JobId) -> ApiResult<RawJson<String>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::read_log(&web.gas, account.id, id).await?))
}

/// A link that downloads a completed job's result. It is valid for one minute. A POST, since it grants
/// access and must not be prefetched or cached.
#[post("/api/jobs/{id}/result-link")]
pub async fn result_link(id: JobId) -> ApiResult<String> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::sign_result_link(&web.gas, account.id, id).await?)
}

/// Cancels a job that is not finished.
#[post("/api/jobs/{id}/cancel")]
pub async fn cancel_job(id: JobId) -> ApiResult<RawJson<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::cancel_job(&web.gas, account.id, id).await?;
    Ok(RawJson::of(&JobView::from(&job)))
}

/// Changes the title, the labels, the project or the note of one of the caller's jobs.
#[post("/api/jobs/{id}/organize")]
pub async fn organize_job(id: JobId, change: OrganizationRequest) -> ApiResult<RawJson<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::organize_job(&web.gas, account.id, id, &change).await?;
    Ok(RawJson::of(&JobView::from(&job)))
}

/// Deletes a job with its input and its result, also from the archive. A running job is cancelled.
#[post("/api/jobs/{id}/delete")]
pub async fn delete_job(id: JobId) -> ApiResult<()> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::delete_job(&web.gas, account.id, id).await?)
}
