//! Server functions of uploads.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::import::NewImport;
use gas_shared::reference::ReferenceChoices;
use gas_shared::source::SourceChoices;
use gas_shared::upload::{NewUpload, PartsTicket, UploadSettings, UploadTicket};
use gas_shared::{JobId, JobOptions, JobView};

/// How this deployment stores uploaded files.
#[get("/api/uploads/terms")]
pub async fn upload_settings() -> ApiResult<RawJson<UploadSettings>> {
    let (web, _) = crate::server::caller::account().await?;
    Ok(RawJson::of(&web.upload_settings()))
}

/// The references that jobs of the caller can choose.
#[get("/api/references")]
pub async fn references() -> ApiResult<RawJson<ReferenceChoices>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&*gas_backend::usecases::references(&web.gas, &account).await?))
}

/// The sources that jobs can choose.
#[get("/api/sources")]
pub async fn sources() -> ApiResult<RawJson<SourceChoices>> {
    let (web, _) = crate::server::caller::account().await?;
    Ok(RawJson::of(&*gas_backend::usecases::sources(&web.gas).await?))
}

/// The options that the caller chose last, for the next file.
#[get("/api/uploads/options")]
pub async fn default_options() -> ApiResult<RawJson<JobOptions>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::default_options(&web.gas, &account).await?))
}

/// Creates a job and returns what the browser needs to send the file directly to S3.
#[post("/api/uploads")]
pub async fn request_upload(file: NewUpload) -> ApiResult<RawJson<UploadTicket>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::request_upload(&web.gas, &account, &file).await?))
}

/// Creates a job whose file is sent in parts, and returns what the browser needs for the first parts.
#[post("/api/uploads/parts")]
pub async fn begin_parts(file: NewUpload) -> ApiResult<RawJson<PartsTicket>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::begin_parts(&web.gas, &account, &file).await?))
}

/// Creates a job whose file the service copies from a URL.
#[post("/api/uploads/url")]
pub async fn import_file(file: NewImport) -> ApiResult<RawJson<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let source = &*web.file_source;
    let job = gas_backend::usecases::import_file_of_page(&web.gas, source, &account, &file).await?;
    Ok(RawJson::of(&JobView::from(&job)))
}

/// Returns what the browser needs to send the next missing parts.
#[post("/api/uploads/{id}/parts")]
pub async fn next_parts(id: JobId) -> ApiResult<RawJson<PartsTicket>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::next_parts(&web.gas, account.id, id).await?))
}

/// Confirms that the entire file is in S3 and queues the job. Idempotent.
#[post("/api/uploads/{id}/confirm")]
pub async fn confirm_upload(id: JobId) -> ApiResult<RawJson<JobView>> {
    let (web, account) = crate::server::caller::account().await?;
    let job = gas_backend::usecases::confirm_upload(&web.gas, account.id, id).await?;
    Ok(RawJson::of(&JobView::from(&job)))
}
