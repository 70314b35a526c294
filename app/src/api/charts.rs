use super::{ApiResult, Wire};
use crate::charts::Figure;
use dioxus::prelude::*;
use gas_shared::JobId;

/// The charts of a job's results, laid out.
#[get("/api/jobs/{id}/charts")]
pub async fn charts(id: JobId) -> ApiResult<Wire<Vec<Figure>>> {
    let (web, account) = crate::server::caller::account().await?;
    let summary = gas_backend::usecases::read_summary(&web.gas, account.id, id).await?;
    Ok(Wire::of(&crate::server::charts::chart_figures(&summary)?))
}
