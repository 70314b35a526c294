//! A user is told of an event by mail, once.
//!
//! The outbox makes it once: an event's key is noted and claimed before its mail is sent, and noted
//! as sent after. SES knows no such key, so if a process dies between SES's yes and that note, the
//! next one sends a second time; a mail that might be lost would be worse. A process that lives
//! never does: it is done or has failed before its lease is over.

use crate::mail::{ComposeError, MailMessage};
use crate::ports::{Mail, MailClaim, MailEvent, PortError, PortResult, SendOutcome};
use crate::{Notifier, chain};
use jiff::{SignedDuration, Timestamp};

/// How long a process may take to send a mail before another may. Far longer than the SDK's
/// timeouts for one call allow.
pub const MAIL_LEASE: SignedDuration = SignedDuration::from_mins(5);

/// When a mail that cannot be sent has lost its worth.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// How long the queue tries by itself, before its message goes to the dead letters.
const RESEND_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Unsent mails looked at in one go.
const UNSENT_LIMIT: u16 = 200;

const NO_USER: &str = "there is no such user";

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notified {
    /// The mail was sent now.
    Sent,
    /// The mail was sent, or given up, before.
    Before,
    /// Another process is about to send the mail: come back after [`MAIL_LEASE`].
    Busy,
    /// There is nothing to tell.
    Nothing,
    /// There will be no mail; why.
    GivenUp(String),
}

/// Why a user was not told. Trying again is safe.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The message cannot be stored.
    #[error("failed to write a message as JSON")]
    Json(#[from] serde_json::Error),
}

/// Tells a user what a message says, unless they were told.
///
/// # Errors
/// [`NotifyError`]; call again.
pub async fn notify(notifier: &Notifier, message: &MailMessage) -> Result<Notified, NotifyError> {
    let Some(event) = message.event()? else { return Ok(Notified::Nothing) };
    match notifier.outbox.claim(&event, notifier.now(), MAIL_LEASE).await? {
        MailClaim::Settled => Ok(Notified::Before),
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
                    Err(error.into())
                }
            }
        }
    }
}

/// The messages whose mails were noted at least `older_than` ago and are still not sent nor given
/// up, the oldest first. [`notify`] sends them.
///
/// # Errors
/// Where the outbox cannot be read.
async fn unsent_mails(
    notifier: &Notifier,
    older_than: SignedDuration,
) -> PortResult<Vec<MailMessage>> {
    let now = notifier.now();
    let stored = notifier.outbox.unsent(now - older_than, now, MAIL_LEASE, UNSENT_LIMIT).await?;
    let read = |json| {
        let message = MailMessage::from_json(json);
        // One that a newer version wrote must not hold up the others.
        message.inspect_err(|error| tracing::error!(%error, "a stored mail is unreadable")).ok()
    };
    Ok(stored.into_iter().filter_map(read).collect())
}

/// Sends what [`unsent_mails`] finds that is older than a few minutes, and says how many mails it
/// sent.
///
/// # Errors
/// Where the outbox cannot be read.
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

    /// The id of the mail that was sent, or why there will never be one.
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
            SendOutcome::Refused { reason } => Err(reason),
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
        let now = self.now();
        match self.composer.compose(message, &account, wants_results, job.as_ref(), now) {
            Ok(mail) => Ok(Ok(mail)),
            Err(ComposeError::Template(error)) => Err(PortError::new("compose a mail", error)),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    async fn give_up(&self, event: &MailEvent, reason: String) -> PortResult<Notified> {
        tracing::warn!(event = event.key, user = %event.user, reason, "there will be no mail");
        self.outbox.give_up(&event.key, &reason, self.now()).await?;
        Ok(Notified::GivenUp(reason))
    }
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
