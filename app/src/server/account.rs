//! What the account page shows beside the profile.

use super::Web;
use gas_backend::ports::PortResult;
use gas_backend::usecases::list_tokens;
use gas_shared::UserId;
use gas_shared::token::AccountSettings;

/// What a user has set.
///
/// # Errors
/// Where PostgreSQL fails.
pub async fn settings(web: &Web, user: UserId) -> PortResult<AccountSettings> {
    let wanted = web.unsubscriber.preferences.wants_results(user).await?;
    let tokens = list_tokens(&web.gas, user).await?;
    Ok(AccountSettings { mail_about_jobs: wanted.unwrap_or(false), tokens })
}
