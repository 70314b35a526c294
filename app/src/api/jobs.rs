use super::ApiResult;
use dioxus::prelude::*;
use gas_shared::{JobId, JobView};
use serde::{Deserialize, Serialize};

/// How many jobs a page of the list has.
#[cfg(feature = "server")]
const PAGE_SIZE: u16 = 25;

/// A page of the caller's jobs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobList {
    /// The jobs, newest first.
    pub jobs: Vec<JobView>,
    /// Pass this as `cursor` to get the next page; `None` on the last.
    pub next: Option<String>,
}

/// A page of the caller's jobs, newest first. An empty `cursor` is the first page.
#[get("/api/jobs?cursor")]
pub async fn jobs(cursor: String) -> ApiResult<JobList> {
    let (web, account) = crate::server::caller::account().await?;
    let cursor = (!cursor.is_empty()).then_some(cursor.as_str());
    let page = gas_backend::usecases::list_jobs(&web.gas, account.id, cursor, PAGE_SIZE).await?;
    Ok(JobList { jobs: page.jobs.iter().map(JobView::from).collect(), next: page.next })
}

/// One of the caller's jobs.
#[get("/api/jobs/{id}")]
pub async fn job(id: JobId) -> ApiResult<JobView> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::find_job(&web.gas, account.id, id).await?;
    Ok(JobView::from(&job))
}

/// The text of a finished job's count log.
#[get("/api/jobs/{id}/log")]
pub async fn job_log(id: JobId) -> ApiResult<String> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::read_log(&web.gas, account.id, id).await?)
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
pub async fn cancel_job(id: JobId) -> ApiResult<JobView> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::cancel_job(&web.gas, account.id, id).await?;
    Ok(JobView::from(&job))
}
