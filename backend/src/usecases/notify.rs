//! Sends one mail about an event.
//!
//! The outbox prevents duplicates: an event's key is recorded and claimed before its mail is sent,
//! and marked as sent afterwards. SES has no idempotency key, so if a process dies between the
//! response of SES and the mark, the mail is sent a second time, which is better than losing it. A
//! running process either sends the mail or fails before its lease ends.

use crate::mail::{ComposeError, MailMessage, MailSubject};
use crate::ports::{Mail, MailClaim, MailEvent, PortError, PortResult, SendOutcome};
use crate::{Notifier, chain};
use jiff::{SignedDuration, Timestamp};

/// How long a process has to send a mail before another one may. It is far longer than the timeouts
/// of the SDK.
pub const MAIL_CLAIM_DURATION: SignedDuration = SignedDuration::from_mins(5);

/// The age after which a mail that cannot be sent is given up.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// How long the queue retries before its message moves to the dead-letter queue.
const RESEND_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// The number of unsent mails that one round handles.
const UNSENT_LIMIT: u16 = 200;

const NO_USER: &str = "the user does not exist";

/// The outcome of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notified {
    /// This call sent the mail.
    Sent,
    /// The mail was sent or given up before.
    AlreadyHandled,
    /// Another process is sending the mail. Try again after [`MAIL_CLAIM_DURATION`].
    Busy,
    /// The message needs no mail.
    NotNeeded,
    /// The mail will not be sent, for this reason.
    GivenUp(String),
}

/// The reason why a message was not handled. Retrying is safe.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The mail could not be sent. It is in the outbox, from which it is sent later.
    #[error(transparent)]
    NotSent(PortError),
    /// The message cannot be stored.
    #[error("failed to write a message as JSON")]
    Json(#[from] serde_json::Error),
}

/// Sends the mail of a message unless it was sent before.
///
/// # Errors
/// [`NotifyError`]; retry.
pub async fn notify(notifier: &Notifier, message: &MailMessage) -> Result<Notified, NotifyError> {
    let Some(event) = message.event()? else { return Ok(Notified::NotNeeded) };
    match notifier.outbox.claim(&event, notifier.now(), MAIL_CLAIM_DURATION).await? {
        MailClaim::Settled => Ok(Notified::AlreadyHandled),
        MailClaim::Busy => Ok(Notified::Busy),
        MailClaim::NoUser => Ok(Notified::GivenUp(NO_USER.to_owned())),
        MailClaim::Taken { attempt, recorded_at } => {
            match notifier.compose_and_send(&event, message).await {
                Ok(Ok(message_id)) => {
                    notifier.outbox.mark_sent(&event.key, &message_id, notifier.now()).await?;
                    Ok(Notified::Sent)
                }
                Ok(Err(reason)) => Ok(notifier.give_up(&event, reason).await?),
                Err(error) if notifier.now().duration_since(recorded_at) >= MAX_AGE => {
                    let reason = chain(&error).to_string();
                    Ok(notifier.give_up(&event, reason).await?)
                }
                Err(error) => {
                    let reason = chain(&error).to_string();
                    notifier.outbox.release(&event.key, attempt, &reason).await?;
                    Err(NotifyError::NotSent(error))
                }
            }
        }
    }
}

/// The messages whose mails were recorded at least `older_than` ago and are neither sent nor given
/// up, the oldest first.
///
/// # Errors
/// If the outbox cannot be read.
async fn unsent_mails(
    notifier: &Notifier,
    older_than: SignedDuration,
) -> PortResult<Vec<MailMessage>> {
    let now = notifier.now();
    let stored =
        notifier.outbox.unsent(now - older_than, now, MAIL_CLAIM_DURATION, UNSENT_LIMIT).await?;
    let read = |json| {
        let message = MailMessage::from_json(json);
        // A message that a newer version wrote must not block the others.
        message.inspect_err(|error| tracing::error!(%error, "stored mail cannot be read")).ok()
    };
    Ok(stored.into_iter().filter_map(read).collect())
}

/// Sends mails that are unsent for more than ten minutes, and returns how many it sent.
///
/// # Errors
/// If the outbox cannot be read.
pub async fn resend_mails(notifier: &Notifier) -> PortResult<usize> {
    let mut sent = 0;
    for message in unsent_mails(notifier, RESEND_AFTER).await? {
        match notify(notifier, &message).await {
            Ok(Notified::Sent) => sent += 1,
            Ok(_) => {}
            Err(error) => tracing::error!(error = %chain(&error), ?message, "mail not sent"),
        }
    }
    Ok(sent)
}

impl Notifier {
    fn now(&self) -> Timestamp {
        self.jobs.now()
    }

    /// Returns the id of the sent mail, or the reason why the mail will never be sent.
    async fn compose_and_send(
        &self,
        event: &MailEvent,
        message: &MailMessage,
    ) -> PortResult<Result<String, String>> {
        let mail = match self.compose(event, message).await? {
            Ok(mail) => mail,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(match self.mailer.send(&mail).await? {
            SendOutcome::Accepted { message_id } => Ok(message_id),
            SendOutcome::Rejected { reason } => Err(reason),
        })
    }

    async fn compose(
        &self,
        event: &MailEvent,
        message: &MailMessage,
    ) -> PortResult<Result<Mail, String>> {
        let account = self.accounts.account(event.user).await?;
        let wants_results = self.preferences.wants_results(event.user).await?;
        let (Some(account), Some(wants_results)) = (account, wants_results) else {
            return Ok(Err(NO_USER.to_owned()));
        };
        let job = match message.job_id() {
            Some(id) => self.jobs.store.job(id).await?,
            None => None,
        };
        let reference = match (&self.private_references, message.reference()) {
            (Some(store), Some(id)) => store.find(event.user, id).await?,
            _ => None,
        };
        let subject = match (&job, &reference) {
            (Some(job), _) => MailSubject::Job(job),
            (None, Some(reference)) => MailSubject::PrivateReference(reference),
            (None, None) => MailSubject::Account,
        };
        let now = self.now();
        match self.composer.compose(message, &account, wants_results, subject, now) {
            Ok(mail) => Ok(Ok(mail)),
            Err(ComposeError::Template(error)) => Err(PortError::new("compose a mail", error)),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    async fn give_up(&self, event: &MailEvent, reason: String) -> PortResult<Notified> {
        tracing::warn!(event_key = event.key, user_id = %event.user, reason, "mail given up");
        self.outbox.give_up(&event.key, &reason, self.now()).await?;
        Ok(Notified::GivenUp(reason))
    }
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
