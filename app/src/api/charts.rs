//! The server function of a job's charts.

use super::{ApiResult, RawJson};
use crate::charts::Figure;
use dioxus::prelude::*;
use gas_shared::JobId;

/// The charts of a job's results, with their layout computed.
#[get("/api/jobs/{id}/charts")]
pub async fn charts(id: JobId) -> ApiResult<RawJson<Vec<Figure>>> {
    let (web, account) = crate::server::caller::account().await?;
    let access = gas_backend::usecases::ResultAccess::of_owner(account.id, id);
    Ok(RawJson::of(&crate::server::charts::chart_figures(&web, &access).await?))
}
