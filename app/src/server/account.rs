//! The settings, access tokens and activity that the account page shows.

use super::Web;
use gas_backend::audit::describe;
use gas_backend::ports::PortResult;
use gas_backend::usecases::list_tokens;
use gas_shared::UserId;
use gas_shared::audit::Activity;
use gas_shared::token::AccountSettings;

/// The number of audit entries that the page shows.
const SHOWN_ENTRIES: u16 = 20;

/// Returns a user's settings, access tokens, sessions and recent activity.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn settings(web: &Web, user: UserId) -> PortResult<AccountSettings> {
    let wanted = web.unsubscriber.preferences.wants_results(user).await?;
    let tokens = list_tokens(&web.gas, user).await?;
    let gas = &web.gas;
    let sessions = gas.sessions.count(user, gas.now()).await?;
    let entries = gas.audit.log().entries_of(user, None, SHOWN_ENTRIES).await?;
    let activity = entries
        .into_iter()
        .map(|(_, record)| Activity { at: record.at, text: describe(&record) })
        .collect();
    Ok(AccountSettings { mail_about_jobs: wanted.unwrap_or(false), tokens, sessions, activity })
}
