use super::ApiResult;
use dioxus::prelude::*;
use gas_shared::Account;

/// Who is signed in, or `None`.
#[get("/api/account")]
pub async fn current_account() -> ApiResult<Option<Account>> {
    crate::server::caller::maybe_account().await
}
