//! Turns a message of queue `mail` into the mail to send.

use super::context::{MailContext, MailSubject, Outdated};
use super::kinds;
use super::layout::Layout;
use super::template::MailTemplate;
use super::time_format::TimeFormat;
use super::{MailMessage, UnsubscribeKey, UnsubscribeToken};
use crate::PublicUrl;
use crate::ports::{EmailAddress, InvalidAddress, Mail};
use clap::Args;
use gas_shared::{Account, Job, JobMails};
use jiff::Timestamp;

/// Settings of processes that send mail.
#[derive(Args, Clone, Debug)]
pub struct MailSettings {
    /// The sender of all mails: an identity that is verified in SES, such as gas@example.org or
    /// "GAS <gas@example.org>".
    #[arg(long, env = "GAS_MAIL_FROM")]
    pub mail_from: String,
    /// The SES configuration set to send with, if any.
    #[arg(long, env = "GAS_MAIL_CONFIGURATION_SET")]
    pub mail_configuration_set: Option<String>,
    /// The key that signs unsubscribe links: at least 32 characters, the same as in the web
    /// processes.
    #[arg(long, env = "GAS_UNSUBSCRIBE_KEY", hide_env_values = true)]
    pub unsubscribe_key: UnsubscribeKey,
}

/// Composes mails.
#[derive(Clone, Debug)]
pub struct Composer {
    /// The origin of all links.
    pub site: PublicUrl,
    /// The key that signs unsubscribe links.
    pub key: UnsubscribeKey,
}

/// The reason why there is no mail to send.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The mail would no longer be true.
    #[error("{0}")]
    Outdated(&'static str),
    /// The user has turned this kind of mail off.
    #[error("the user has turned this kind of mail off")]
    Unwanted,
    /// Mail cannot be sent to the user's address.
    #[error(transparent)]
    InvalidAddress(#[from] InvalidAddress),
    /// A template failed.
    #[error("a mail template failed")]
    Template(#[from] askama::Error),
}

/// A mail about the ends of several jobs.
#[derive(Clone, Debug)]
pub struct Digest {
    /// The mail.
    pub mail: Mail,
    /// For each of the jobs, why the mail does not mention it; `None` if it does.
    pub left_out: Vec<Option<&'static str>>,
}

impl Composer {
    /// Composes the mail of a message about a subject as of `now`, with times in the user's time zone.
    /// `wanted` is which mails about jobs and references the user wants.
    ///
    /// # Errors
    /// [`ComposeError`] if there is no mail to send.
    pub fn compose(
        &self,
        message: &MailMessage,
        account: &Account,
        wanted: JobMails,
        subject: MailSubject<'_>,
        now: Timestamp,
    ) -> Result<Mail, ComposeError> {
        let times = TimeFormat::for_account(account, now);
        let context = MailContext { account, subject, site: &self.site, times: &times };
        let template = match message {
            MailMessage::JobResult(_) => kinds::for_job_result(&context),
            MailMessage::Notice(notice) => kinds::for_notice(notice, &context),
        };
        let template = template.map_err(|Outdated(reason)| ComposeError::Outdated(reason))?;
        if template.kind().is_some_and(|kind| !wanted.wants(kind)) {
            return Err(ComposeError::Unwanted);
        }
        let to = EmailAddress::parse(&account.email)?;
        Ok(self.render(&*template, account, to)?)
    }

    /// Composes one mail about the ends of several jobs as of `now`. `jobs` are their rows, `None` for those that no
    /// longer exist.
    ///
    /// # Errors
    /// [`ComposeError`] if there is no mail to send about any of them.
    pub fn compose_digest(
        &self,
        account: &Account,
        wanted: JobMails,
        jobs: &[Option<&Job>],
        now: Timestamp,
    ) -> Result<Digest, ComposeError> {
        let times = TimeFormat::for_account(account, now);
        let subjects = jobs.iter().map(|job| job.map_or(MailSubject::Account, MailSubject::Job));
        let contexts: Vec<_> = subjects
            .map(|subject| MailContext { account, subject, site: &self.site, times: &times })
            .collect();
        let (template, left_out) = kinds::for_job_results(&contexts, wanted);
        let template =
            template.ok_or(ComposeError::Outdated("no job is left that a mail is wanted about"))?;
        let to = EmailAddress::parse(&account.email)?;
        Ok(Digest { mail: self.render(&*template, account, to)?, left_out })
    }

    fn render(
        &self,
        template: &dyn MailTemplate,
        account: &Account,
        to: EmailAddress,
    ) -> askama::Result<Mail> {
        let unsubscribe = template.kind().map(|_| {
            let token = UnsubscribeToken::mint(&self.key, account.id);
            self.site.join(&format!("/unsubscribe?token={}", token.as_str()))
        });
        let layout = Layout::new(&self.site, account, unsubscribe.clone());
        let (html, text) = (template.html(&layout)?, template.text(&layout)?);
        Ok(Mail { to, subject: template.subject(), text, html, unsubscribe })
    }
}
