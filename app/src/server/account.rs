//! The settings, access tokens and activity that the account page shows.

use super::Web;
use gas_backend::audit::describe;
use gas_backend::chain;
use gas_backend::ports::PortResult;
use gas_backend::usecases::list_tokens;
use gas_shared::audit::Activity;
use gas_shared::token::AccountSettings;
use gas_shared::{Account, JobMails, UserId, Visit};

/// The number of audit entries that the page shows.
const SHOWN_ENTRIES: u16 = 20;

/// Returns what every page shows. A page works without the banner and the link for operators.
pub async fn visit(web: &Web, account: Option<Account>) -> Visit {
    let gas = &web.gas;
    let is_operator = async {
        match &account {
            Some(account) => gas.administration.is_operator(account.id, gas.now()).await,
            None => Ok(false),
        }
    };
    let (mode, is_operator) = futures::join!(gas.service_modes.mode(), is_operator);
    let banner = mode.map(|mode| mode.banner);
    for error in [banner.as_ref().err(), is_operator.as_ref().err()].into_iter().flatten() {
        tracing::warn!(error = %chain(error), "a page is shown without banner or role");
    }
    Visit {
        account,
        sells_premium: web.billing.sales().is_some(),
        is_operator: is_operator.unwrap_or_default(),
        banner: banner.unwrap_or_default(),
    }
}

/// Returns a user's settings, access tokens, sessions and recent activity.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn settings(web: &Web, user: UserId) -> PortResult<AccountSettings> {
    let gas = &web.gas;
    let (job_mails, tokens, sessions, entries) = futures::try_join!(
        web.unsubscriber.preferences.job_mails(user),
        list_tokens(gas, user),
        gas.sessions.count(user, gas.now()),
        gas.audit.log().entries_of(user, None, SHOWN_ENTRIES),
    )?;
    let job_mails = job_mails.unwrap_or(JobMails::NONE);
    let activity = entries
        .into_iter()
        .map(|(_, record)| Activity { at: record.at, text: describe(&record) })
        .collect();
    let mail_about_jobs = job_mails.wants_any();
    Ok(AccountSettings { mail_about_jobs, job_mails, tokens, sessions, activity })
}
