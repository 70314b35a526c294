//! Server functions of the results explorer.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::JobId;
use gas_shared::comparison::ComparedJobs;
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

/// Compares the results of two of the caller's jobs. `kind` is that of the differences to return; empty for all.
#[get("/api/jobs/{id}/comparison?other&kind")]
pub async fn compare(id: JobId, other: JobId, kind: String) -> ApiResult<RawJson<ComparedJobs>> {
    let (web, account) = crate::server::caller::account().await?;
    // An unknown kind, as in an old address, stands for all.
    let (jobs, kind) = ((id, other), kind.parse().ok());
    let (gas, explorers) = (&web.gas, &web.explorers);
    Ok(RawJson::of(
        &gas_backend::usecases::compare_results(gas, explorers, account.id, jobs, kind).await?,
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
