use super::ApiResult;
use dioxus::prelude::*;
use gas_shared::upload::UploadTicket;
use gas_shared::{JobId, JobView};

/// Makes a job and gives the browser what it needs to send the file straight to S3.
#[post("/api/uploads")]
pub async fn request_upload(file_name: String, size: u64) -> ApiResult<UploadTicket> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::request_upload(&web.gas, &account, &file_name, size).await?)
}

/// Tells the server that the file is in S3; the job joins the queue. May be called again.
#[post("/api/uploads/{id}/confirm")]
pub async fn confirm_upload(id: JobId) -> ApiResult<JobView> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::confirm_upload(&web.gas, account.id, id).await?;
    Ok(JobView::from(&job))
}
