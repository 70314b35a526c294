//! Server functions of the signed-in account.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::{Account, Visit};

/// Closes the caller's account and starts the erasure of its data. `confirmation` must be
/// [`DELETE_CONFIRMATION`](gas_shared::account::DELETE_CONFIRMATION).
#[post("/api/account/delete")]
pub async fn delete_account(confirmation: String) -> ApiResult<()> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::delete_account(&web.billing, account.id, &confirmation).await?)
}

/// Signs the caller out in all browsers, this one included, and ends their event streams: those of this
/// process at once, all others within a minute. API tokens stay valid.
#[post("/api/account/sign-out")]
pub async fn sign_out_everywhere() -> ApiResult<()> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::end_all_sessions(&web.gas, account.id).await?;
    web.hub.end_streams(account.id);
    crate::server::caller::session()?.forget();
    Ok(())
}

/// The signed-in user. `None` if nobody is signed in.
#[get("/api/account")]
pub async fn current_account() -> ApiResult<RawJson<Option<Account>>> {
    crate::server::caller::maybe_account().await.map(|account| RawJson::of(&account))
}

/// What every page shows: who is signed in, and how the service is run.
#[get("/api/visit")]
pub async fn visit() -> ApiResult<RawJson<Visit>> {
    let (web, account) = crate::server::caller::visitor().await?;
    Ok(RawJson::of(&crate::server::account::visit(&web, account).await))
}
