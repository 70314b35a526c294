use super::{ApiResult, Wire};
use dioxus::prelude::*;
use gas_shared::job::{JobList, QueuePosition};
use gas_shared::{JobId, JobView};

/// A page of the caller's jobs. The query is that of the list's page, as text
/// ([`gas_shared::job::ListQuery`]); an empty one is the newest jobs.
#[get("/api/jobs?query")]
pub async fn jobs(query: String) -> ApiResult<Wire<JobList>> {
    let (web, account) = crate::server::caller::account().await?;
    let query = query.as_str().into();
    let (lists, board) = (&web.lists, &web.board);
    Ok(Wire::of(
        &gas_backend::usecases::find_jobs(&web.gas, lists, board, account.id, &query).await?,
    ))
}

/// One of the caller's jobs.
#[get("/api/jobs/{id}")]
pub async fn job(id: JobId) -> ApiResult<Wire<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::find_job(&web.gas, account.id, id).await?;
    Ok(Wire::of(&JobView::from(&job)))
}

/// Where one of the caller's jobs is in the queue for a worker; `None` where it does not wait.
#[get("/api/jobs/{id}/queue")]
pub async fn queue_place(id: JobId) -> ApiResult<Wire<Option<QueuePosition>>> {
    let (web, account) = crate::server::caller::account().await?;
    let (gas, lists, board) = (&web.gas, &web.lists, &web.board);
    Ok(Wire::of(&gas_backend::usecases::queue_position(gas, lists, board, account.id, id).await?))
}

/// Has the file of a job that is over annotated anew: the new job.
#[post("/api/jobs/{id}/rerun")]
pub async fn rerun_job(id: JobId) -> ApiResult<Wire<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::rerun_job(&web.gas, &account, id).await?;
    Ok(Wire::of(&JobView::from(&job)))
}

/// The text of a job's log so far.
#[get("/api/jobs/{id}/log")]
pub async fn job_log(id: JobId) -> ApiResult<Wire<String>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::read_log(&web.gas, account.id, id).await?))
}

/// A link, good for a minute, that downloads a finished job's annotated file. A POST, since it
/// hands out access: nothing prefetches or caches it.
#[post("/api/jobs/{id}/result-link")]
pub async fn result_link(id: JobId) -> ApiResult<String> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::sign_result_link(&web.gas, account.id, id).await?)
}

/// Stops a job that is not over.
#[post("/api/jobs/{id}/cancel")]
pub async fn cancel_job(id: JobId) -> ApiResult<Wire<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::cancel_job(&web.gas, account.id, id).await?;
    Ok(Wire::of(&JobView::from(&job)))
}

/// Deletes a job, its files and its result, wherever that is. What runs stops.
#[post("/api/jobs/{id}/delete")]
pub async fn delete_job(id: JobId) -> ApiResult<()> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::delete_job(&web.gas, account.id, id).await?)
}
