//! Server functions of the results explorer.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::JobId;
use gas_shared::explorer::{Page, Query, RowDetails};

/// Returns a page of the table of variants. A POST, because a query can be longer than a URL; it has no
/// side effects.
#[post("/api/jobs/{id}/variants")]
pub async fn variants(id: JobId, query: Query) -> ApiResult<RawJson<Page>> {
    let (web, account) = crate::server::caller::account().await?;
    let access = gas_backend::usecases::ResultAccess::of_owner(account.id, id);
    let explorers = &web.explorers;
    Ok(RawJson::of(
        &gas_backend::usecases::explore_page(&web.gas, explorers, &access, &query).await?,
    ))
}

/// Returns the details of a variant, by its number in the file.
#[get("/api/jobs/{id}/variants/{number}")]
pub async fn variant(id: JobId, number: u64) -> ApiResult<RawJson<RowDetails>> {
    let (web, account) = crate::server::caller::account().await?;
    let access = gas_backend::usecases::ResultAccess::of_owner(account.id, id);
    let explorers = &web.explorers;
    Ok(RawJson::of(
        &gas_backend::usecases::explore_details(&web.gas, explorers, &access, number).await?,
    ))
}
