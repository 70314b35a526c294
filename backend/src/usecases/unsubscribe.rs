//! Turns mail about jobs off by the link in a mail.

use crate::mail::{InvalidUnsubscribeToken, UnsubscribeKey, UnsubscribeToken};
use crate::ports::{MailPreferences, PortError};
use gas_shared::{JobMails, UserId};

/// The reason why mail was not turned off.
#[derive(Debug, thiserror::Error)]
pub enum UnsubscribeError {
    /// The token is invalid.
    #[error(transparent)]
    Token(#[from] InvalidUnsubscribeToken),
    /// The database failed; retrying is safe.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Turns mail about jobs off for the user of a token, without a sign-in. Call it for POST requests
/// only, since mail scanners follow links (RFC 8058, section 1). A missing user is not an error.
///
/// # Errors
/// [`UnsubscribeError`].
pub async fn unsubscribe(
    preferences: &dyn MailPreferences,
    key: &UnsubscribeKey,
    token: &str,
) -> Result<UserId, UnsubscribeError> {
    let user = UnsubscribeToken::verify(key, token)?;
    preferences.set_job_mails(user, JobMails::NONE).await?;
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{TestGas, TestMail, unsubscribe_key};
    use gas_shared::Plan;

    #[tokio::test]
    async fn a_link_turns_mail_off_for_its_user_only() {
        let test = TestGas::new();
        let mail = TestMail::new(&test);
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
        let key = unsubscribe_key();
        let token = UnsubscribeToken::mint(&key, ada.id);
        for _ in 0..2 {
            let user = unsubscribe(&*mail.preferences, &key, token.as_str()).await.unwrap();
            assert_eq!(user, ada.id);
        }
        assert_eq!(mail.preferences.job_mails(ada.id).await.unwrap(), Some(JobMails::NONE));
        assert_eq!(mail.preferences.job_mails(eve.id).await.unwrap(), Some(JobMails::ALL));
    }

    #[tokio::test]
    async fn a_forged_token_changes_nothing() {
        let test = TestGas::new();
        let mail = TestMail::new(&test);
        let ada = test.user("ada", Plan::Free);
        let forged = UnsubscribeToken::mint(&"x".repeat(32).parse().unwrap(), ada.id);
        let rejected = unsubscribe(&*mail.preferences, &unsubscribe_key(), forged.as_str()).await;
        assert!(matches!(rejected, Err(UnsubscribeError::Token(InvalidUnsubscribeToken))));
        assert_eq!(mail.preferences.job_mails(ada.id).await.unwrap(), Some(JobMails::ALL));
    }
}
