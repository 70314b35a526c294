use super::{ApiResult, Wire};
use dioxus::prelude::*;
use gas_shared::upload::{NewUpload, PartsTicket, UploadSettings, UploadTicket};
use gas_shared::{JobId, JobView};

/// What becomes of files that are uploaded.
#[get("/api/uploads/terms")]
pub async fn upload_terms() -> ApiResult<Wire<UploadSettings>> {
    let (web, _) = crate::server::caller::account().await?;
    Ok(Wire::of(&web.upload_settings()))
}

/// Makes a job and gives the browser what it needs to send the file straight to S3.
#[post("/api/uploads")]
pub async fn request_upload(file: NewUpload) -> ApiResult<Wire<UploadTicket>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::request_upload(&web.gas, &account, &file).await?))
}

/// Makes a job whose file is sent in parts, and gives the browser what it needs for the first.
#[post("/api/uploads/parts")]
pub async fn begin_parts(file: NewUpload) -> ApiResult<Wire<PartsTicket>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::begin_parts(&web.gas, &account, &file).await?))
}

/// Gives the browser what it needs to send the next parts that have not arrived.
#[post("/api/uploads/{id}/parts")]
pub async fn next_parts(id: JobId) -> ApiResult<Wire<PartsTicket>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::next_parts(&web.gas, account.id, id).await?))
}

/// Tells the server that the file is in S3, in one or in all its parts; the job joins the queue. May
/// be called again.
#[post("/api/uploads/{id}/confirm")]
pub async fn confirm_upload(id: JobId) -> ApiResult<Wire<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::confirm_upload(&web.gas, account.id, id).await?;
    Ok(Wire::of(&JobView::from(&job)))
}
