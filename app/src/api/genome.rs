//! The server function of the genome browser.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::JobId;

/// The settings of the genome browser for a job's results: JSON for assets/js/genome.js, which pages
/// pass on without reading it.
#[get("/api/jobs/{id}/genome")]
pub async fn genome(id: JobId) -> ApiResult<RawJson<String>> {
    let (web, account) = crate::server::caller::account().await?;
    let access = gas_backend::usecases::ResultAccess::of_owner(account.id, id);
    Ok(RawJson::of(&crate::server::genome::settings(&web, &access).await?))
}
