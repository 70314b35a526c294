use super::{ApiResult, Wire};
use dioxus::prelude::*;
use gas_shared::JobId;

/// How the genome browser begins with a job's results: JSON for assets/js/genome.js, which pages pass
/// on and do not read.
#[get("/api/jobs/{id}/genome")]
pub async fn genome(id: JobId) -> ApiResult<Wire<String>> {
    let (web, account) = crate::server::caller::account().await?;
    let settings = crate::server::genome::settings(&web, account.id, id).await?;
    let json = serde_json::to_string(&settings);
    json.map(|json| Wire::of(&json)).map_err(|error| crate::server::errors::internal(&error))
}
