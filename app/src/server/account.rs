//! The settings and access tokens that the account page shows.

use super::Web;
use gas_backend::ports::PortResult;
use gas_backend::usecases::list_tokens;
use gas_shared::UserId;
use gas_shared::token::AccountSettings;

/// Returns a user's settings and access tokens.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn settings(web: &Web, user: UserId) -> PortResult<AccountSettings> {
    let wanted = web.unsubscriber.preferences.wants_results(user).await?;
    let tokens = list_tokens(&web.gas, user).await?;
    Ok(AccountSettings { mail_about_jobs: wanted.unwrap_or(false), tokens })
}
