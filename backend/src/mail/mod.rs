//! Mail to users: which message asks for which, what it says, and its two forms.
//!
//! A mail is composed when it is sent, from the row and the profile of that moment, and not when
//! its message was: what is not true any more is not said. Templates are in `templates/mail` and
//! compiled in. Links lead to pages, never to a file in S3: a mail is kept and passed on.

mod compose;
mod letter;
mod message;
mod times;
mod unsubscribe;
mod words;

pub use message::{MailMessage, UnknownMessage};
pub use unsubscribe::{BadToken, ShortKey, UnsubscribeKey, UnsubscribeToken};

use crate::PublicUrl;
use crate::ports::{EmailAddress, InvalidAddress, Mail};
use clap::Args;
use gas_shared::{Account, Job};
use jiff::Timestamp;
use letter::{Letter, Moot};
use times::Times;

/// How mail is sent.
#[derive(Args, Clone, Debug)]
pub struct MailSettings {
    /// From whom mail comes: an identity that is verified in SES, such as gas@example.org or
    /// "GAS <gas@example.org>".
    #[arg(long, env = "GAS_MAIL_FROM")]
    pub mail_from: String,
    /// The SES configuration set, if mail is to be sent with one.
    #[arg(long, env = "GAS_MAIL_CONFIGURATION_SET")]
    pub mail_configuration_set: Option<String>,
    /// The key of unsubscribe links: 32 characters or more, the same in the web processes.
    #[arg(long, env = "GAS_UNSUBSCRIBE_KEY", hide_env_values = true)]
    pub unsubscribe_key: UnsubscribeKey,
}

/// What composes mails.
#[derive(Clone, Debug)]
pub struct Composer {
    /// Where links lead.
    pub site: PublicUrl,
    /// What signs unsubscribe links.
    pub key: UnsubscribeKey,
}

/// Why there is no mail.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// It would not be true (any more).
    #[error("{0}")]
    Moot(&'static str),
    /// The user does not want it.
    #[error("the user does not want mail about jobs")]
    Unwanted,
    /// The user's address cannot be used.
    #[error(transparent)]
    InvalidAddress(#[from] InvalidAddress),
    /// A template failed.
    #[error("a template failed")]
    Template(#[from] askama::Error),
}

impl Composer {
    /// Composes the mail of a message at a moment, with times in the user's time zone.
    /// `wants_results` says whether the user wants mail about jobs.
    ///
    /// # Errors
    /// [`ComposeError`] where there is nothing to send.
    pub fn compose(
        &self,
        message: &MailMessage,
        account: &Account,
        wants_results: bool,
        job: Option<&Job>,
        now: Timestamp,
    ) -> Result<Mail, ComposeError> {
        let letter = Letter::of(message, account, job, &self.site, &Times::of(account, now))
            .map_err(|Moot(reason)| ComposeError::Moot(reason))?;
        if !wants_results && !letter.is_transactional() {
            return Err(ComposeError::Unwanted);
        }
        let to = EmailAddress::parse(&account.email)?;
        Ok(compose::write(&letter, account, to, &self.site, &self.key)?)
    }
}

#[cfg(test)]
mod tests;
