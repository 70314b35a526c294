//! Server functions of the account settings: mail, time zone and API tokens.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::token::{AccountSettings, CreatedToken, NewToken};
use gas_shared::{JobMails, TokenId};

/// The caller's settings for mail, and the API tokens.
#[get("/api/account/settings")]
pub async fn account_settings() -> ApiResult<RawJson<AccountSettings>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&crate::server::account::settings(&web, account.id).await?))
}

/// Turns all mail about the caller's jobs on or off, for pages that were loaded before there were kinds.
#[post("/api/account/mail")]
pub async fn set_mail_about_jobs(wanted: bool) -> ApiResult<RawJson<AccountSettings>> {
    let (web, account) = crate::server::caller::account().await?;
    let wanted = if wanted { JobMails::ALL } else { JobMails::NONE };
    web.unsubscriber.preferences.set_job_mails(account.id, wanted).await?;
    Ok(RawJson::of(&crate::server::account::settings(&web, account.id).await?))
}

/// Sets which mails about jobs the caller receives.
#[post("/api/account/job-mails")]
pub async fn set_job_mails(wanted: JobMails) -> ApiResult<RawJson<AccountSettings>> {
    let (web, account) = crate::server::caller::account().await?;
    web.unsubscriber.preferences.set_job_mails(account.id, wanted).await?;
    Ok(RawJson::of(&crate::server::account::settings(&web, account.id).await?))
}

/// Stores the time zone of the caller's browser, which is used for the times in mails.
#[post("/api/account/time-zone")]
pub async fn set_time_zone(zone: String) -> ApiResult<()> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::set_time_zone(&web.gas, account.id, &zone).await?)
}

/// Creates an API token. Its secret is returned once and cannot be read later.
#[post("/api/tokens")]
pub async fn create_token(new: NewToken) -> ApiResult<RawJson<CreatedToken>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::create_token(&web.gas, account.id, new).await?))
}

/// Revokes one of the caller's API tokens.
#[post("/api/tokens/{id}/revoke")]
pub async fn revoke_token(id: TokenId) -> ApiResult<RawJson<AccountSettings>> {
    let (web, account) = crate::server::caller::account().await?;
    gas_backend::usecases::revoke_token(&web.gas, account.id, id).await?;
    Ok(RawJson::of(&crate::server::account::settings(&web, account.id).await?))
}
