//! Server functions of share links: what a link opens, without sign-in. Each is the twin of one for the owner and calls the
//! same use-case; no other server function accepts a link.

use super::{ApiResult, RawJson};
use crate::charts::Figure;
use dioxus::prelude::*;
use gas_shared::explorer::{Page, Query, RowDetails};
use gas_shared::share_link::SharedResult;

/// What the page of a share link shows of its result. Counts an opening of the link.
#[get("/api/s/{secret}")]
pub async fn shared_result(secret: String) -> ApiResult<RawJson<SharedResult>> {
    let (web, client) = crate::server::caller::stranger()?;
    let found = gas_backend::usecases::open_shared_result(&web.gas, &secret, client.0).await?;
    Ok(RawJson::of(&found))
}

/// Returns a page of the table of variants.
#[post("/api/s/{secret}/variants")]
pub async fn shared_variants(secret: String, query: Query) -> ApiResult<RawJson<Page>> {
    let (web, access) = crate::server::caller::link(&secret).await?;
    let explorers = &web.explorers;
    Ok(RawJson::of(
        &gas_backend::usecases::explore_page(&web.gas, explorers, &access, &query).await?,
    ))
}

/// Returns the details of a variant, by its number in the file.
#[get("/api/s/{secret}/variants/{number}")]
pub async fn shared_variant(secret: String, number: u64) -> ApiResult<RawJson<RowDetails>> {
    let (web, access) = crate::server::caller::link(&secret).await?;
    let explorers = &web.explorers;
    Ok(RawJson::of(
        &gas_backend::usecases::explore_details(&web.gas, explorers, &access, number).await?,
    ))
}

/// The charts of the result, with their layout computed.
#[get("/api/s/{secret}/charts")]
pub async fn shared_charts(secret: String) -> ApiResult<RawJson<Vec<Figure>>> {
    let (web, access) = crate::server::caller::link(&secret).await?;
    Ok(RawJson::of(&crate::server::charts::chart_figures(&web, &access).await?))
}

/// The settings of the genome browser, if the link includes downloads: it draws complete records.
#[get("/api/s/{secret}/genome")]
pub async fn shared_genome(secret: String) -> ApiResult<RawJson<String>> {
    let (web, access) = crate::server::caller::link(&secret).await?;
    Ok(RawJson::of(&crate::server::genome::settings(&web, &access).await?))
}
