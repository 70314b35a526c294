use super::{ApiResult, Wire};
use dioxus::prelude::*;
use gas_shared::Account;

/// Deletes the caller's account, with all that is theirs. `confirmation` is
/// [`DELETE_CONFIRMATION`](gas_shared::account::DELETE_CONFIRMATION).
#[post("/api/account/delete")]
pub async fn delete_account(confirmation: String) -> ApiResult<()> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::delete_account(&web.billing, account.id, &confirmation).await?)
}

/// Who is signed in, or `None`.
#[get("/api/account")]
pub async fn current_account() -> ApiResult<Wire<Option<Account>>> {
    crate::server::caller::maybe_account().await.map(|account| Wire::of(&account))
}
