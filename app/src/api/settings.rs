use super::{ApiResult, Wire};
use dioxus::prelude::*;
use gas_shared::TokenId;
use gas_shared::token::{AccountSettings, CreatedToken, NewToken};

/// What the caller has set: mail and tokens.
#[get("/api/account/settings")]
pub async fn account_settings() -> ApiResult<Wire<AccountSettings>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&crate::server::account::settings(&web, account.id).await?))
}

/// Sets whether the caller gets mail about their jobs.
#[post("/api/account/mail")]
pub async fn set_mail_about_jobs(wanted: bool) -> ApiResult<Wire<AccountSettings>> {
    let (web, account) = crate::server::caller::account().await?;
    web.unsubscriber.preferences.set_wants_results(account.id, wanted).await?;
    Ok(Wire::of(&crate::server::account::settings(&web, account.id).await?))
}

/// Notes the time zone of the caller's browser, for the times in mails.
#[post("/api/account/time-zone")]
pub async fn set_time_zone(zone: String) -> ApiResult<()> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::set_time_zone(&web.gas, account.id, &zone).await?)
}

/// Makes an API token. Its secret is in this answer and nowhere else.
#[post("/api/tokens")]
pub async fn create_token(new: NewToken) -> ApiResult<Wire<CreatedToken>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::create_token(&web.gas, account.id, new).await?))
}

/// Ends an API token of the caller's.
#[post("/api/tokens/{id}/revoke")]
pub async fn revoke_token(id: TokenId) -> ApiResult<Wire<AccountSettings>> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::revoke_token(&web.gas, account.id, id).await?;
    Ok(Wire::of(&crate::server::account::settings(&web, account.id).await?))
}
