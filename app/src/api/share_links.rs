//! Server functions with which the owner of a job makes and revokes share links.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::share_link::{CreatedShareLink, NewShareLink, ShareLink};
use gas_shared::{JobId, ShareLinkId};

/// The links to a job that are not revoked, newest first.
#[get("/api/jobs/{id}/links")]
pub async fn share_links(id: JobId) -> ApiResult<RawJson<Vec<ShareLink>>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::list_share_links(&web.gas, account.id, id).await?))
}

/// Makes a link to a job's result. Its address is returned once and cannot be read later.
#[post("/api/jobs/{id}/links")]
pub async fn create_share_link(
    id: JobId,
    new: NewShareLink,
) -> ApiResult<RawJson<CreatedShareLink>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&crate::server::shared::create_link(&web, account.id, id, new).await?))
}

/// Revokes a link, and returns those that are left.
#[post("/api/jobs/{id}/links/{link}/revoke")]
pub async fn revoke_share_link(id: JobId, link: ShareLinkId) -> ApiResult<RawJson<Vec<ShareLink>>> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::revoke_share_link(&web.gas, account.id, id, link).await?;
    Ok(RawJson::of(&gas_backend::usecases::list_share_links(&web.gas, account.id, id).await?))
}
