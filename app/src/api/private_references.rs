//! Server functions of private references.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::private_reference::{
    NewPrivateReference, PrivateReferenceList, PrivateReferenceView, SourceParts,
};
use gas_shared::reference::ReferenceId;

/// The caller's private references, and the rules for them.
#[get("/api/references/private")]
pub async fn private_references() -> ApiResult<RawJson<PrivateReferenceList>> {
    let (web, account) = crate::server::caller::account().await?;
    let list = gas_backend::usecases::list_private_references(&web.gas, &account).await?;
    Ok(RawJson::of(&list))
}

/// Adds a private reference, and returns what the browser needs to send the first parts of its files.
#[post("/api/references/private")]
pub async fn add_private_reference(new: NewPrivateReference) -> ApiResult<RawJson<SourceParts>> {
    let (web, account) = crate::server::caller::account().await?;
    let parts = gas_backend::usecases::add_private_reference(&web.gas, &account, &new).await?;
    Ok(RawJson::of(&parts))
}

/// Returns what the browser needs to send the next missing parts.
#[post("/api/references/private/parts")]
pub async fn next_source_parts(id: ReferenceId) -> ApiResult<RawJson<SourceParts>> {
    let (web, account) = crate::server::caller::account().await?;
    let parts = gas_backend::usecases::next_source_parts(&web.gas, account.id, &id).await?;
    Ok(RawJson::of(&parts))
}

/// Confirms that both files are in S3, and requests a worker to build the reference. Idempotent.
#[post("/api/references/private/confirm")]
pub async fn confirm_private_reference(
    id: ReferenceId,
) -> ApiResult<RawJson<PrivateReferenceView>> {
    let (web, account) = crate::server::caller::account().await?;
    let confirmed = gas_backend::usecases::confirm_private_reference(&web.gas, account.id, &id);
    Ok(RawJson::of(&confirmed.await?))
}

/// Deletes one of the caller's private references.
#[post("/api/references/private/delete")]
pub async fn delete_private_reference(id: ReferenceId) -> ApiResult<()> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::delete_private_reference(&web.gas, account.id, &id).await?)
}
