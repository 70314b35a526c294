//! Sends one mail about an event, or one about the ends of several jobs.
//!
//! The outbox prevents duplicates: an event's key is recorded and claimed before its mail is sent,
//! and marked as sent afterwards. SES has no idempotency key, so if a process dies between the
//! response of SES and the mark, the mail is sent a second time, which is better than losing it. A
//! running process either sends the mail or fails before its lease ends.
//!
//! If many jobs of a user end together, their mails are recorded and wait, and the end of the last job sends them as one.
//! What still waits after ten minutes is sent by the reconciler ([`resend_mails`]), so nothing depends on the last job or
//! on the process that handled it. A mail whose results can be downloaded for a short time does not wait.

use crate::mail::{ComposeError, Digest, MailMessage, MailSubject};
use crate::ports::{
    ClaimedMail, Held, Mail, MailClaim, MailEvent, PortError, PortResult, SendOutcome,
};
use crate::{Notifier, chain};
use gas_shared::job::JobState;
use gas_shared::{Job, JobId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};

/// How long a process has to send a mail before another one may. It is far longer than the timeouts
/// of the SDK.
pub const MAIL_CLAIM_DURATION: SignedDuration = SignedDuration::from_mins(5);

/// The age after which a mail that cannot be sent is given up.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// How long the queue retries before its message moves to the dead-letter queue, and how long mails wait for those of
/// other jobs.
const RESEND_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// The number of jobs of a user that end together from which on their mails are sent as one.
const BATCH: u32 = 5;

/// The most mails that are sent as one.
const BATCH_LIMIT: u16 = 500;

/// A mail about results that can be downloaded for less than this does not wait.
const SHORT_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The number of unsent mails that one round handles.
const UNSENT_LIMIT: u16 = 200;

const NO_USER: &str = "the user does not exist";

/// The outcome of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notified {
    /// This call sent the mail.
    Sent,
    /// The mail is recorded and will be sent together with those of other jobs.
    Waiting,
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

/// Sends the mail of a message unless it was sent before, or records it for being sent together with those of other jobs.
///
/// # Errors
/// [`NotifyError`]; retry.
pub async fn notify(notifier: &Notifier, message: &MailMessage) -> Result<Notified, NotifyError> {
    let Some(event) = message.event()? else { return Ok(Notified::NotNeeded) };
    let MailMessage::JobResult(result) = message else {
        return send_one(notifier, &event, message).await;
    };
    let active = notifier.dispatches.count(event.user).await?;
    let now = notifier.now();
    let waiting = notifier.outbox.waiting(event.user, &event.key, now, MAIL_CLAIM_DURATION).await?;
    let belongs_to_batch = waiting > 0 || active.saturating_add(1) >= BATCH;
    if !belongs_to_batch || notifier.expires_soon(result.job_id).await? {
        return send_one(notifier, &event, message).await;
    }
    match notifier.outbox.hold(&event, now).await? {
        Held::NoUser => Ok(Notified::GivenUp(NO_USER.to_owned())),
        Held::Settled => Ok(Notified::AlreadyHandled),
        Held::Waiting if active > 0 => Ok(Notified::Waiting),
        Held::Waiting => send_waiting(notifier, event.user).await,
    }
}

/// Sends the mail of an event unless it was sent before.
async fn send_one(
    notifier: &Notifier,
    event: &MailEvent,
    message: &MailMessage,
) -> Result<Notified, NotifyError> {
    match notifier.outbox.claim(event, notifier.now(), MAIL_CLAIM_DURATION).await? {
        MailClaim::Settled => Ok(Notified::AlreadyHandled),
        MailClaim::Busy => Ok(Notified::Busy),
        MailClaim::NoUser => Ok(Notified::GivenUp(NO_USER.to_owned())),
        MailClaim::Taken { attempt, recorded_at } => {
            send_claimed(notifier, event, message, (attempt, recorded_at)).await
        }
    }
}

/// Sends the mail of an event that this call has claimed.
async fn send_claimed(
    notifier: &Notifier,
    event: &MailEvent,
    message: &MailMessage,
    (attempt, recorded_at): (u32, Timestamp),
) -> Result<Notified, NotifyError> {
    match notifier.compose_and_send(event, message).await {
        Ok(Ok(message_id)) => {
            let keys = std::slice::from_ref(&event.key);
            notifier.outbox.mark_sent(keys, &message_id, notifier.now()).await?;
            Ok(Notified::Sent)
        }
        Ok(Err(reason)) => Ok(notifier.give_up(event, reason).await?),
        Err(error) if notifier.now().duration_since(recorded_at) >= MAX_AGE => {
            let reason = chain(&error).to_string();
            Ok(notifier.give_up(event, reason).await?)
        }
        Err(error) => {
            let reason = chain(&error).to_string();
            notifier.outbox.release(&event.key, attempt, &reason).await?;
            Err(NotifyError::NotSent(error))
        }
    }
}

/// Sends all mails of a user about ends of jobs that wait, as one.
async fn send_waiting(notifier: &Notifier, user: UserId) -> Result<Notified, NotifyError> {
    let now = notifier.now();
    let claimed =
        notifier.outbox.claim_waiting(user, now, MAIL_CLAIM_DURATION, BATCH_LIMIT).await?;
    let batch = Batch::of(user, claimed);
    match &batch.mails[..] {
        [] => Ok(Notified::AlreadyHandled),
        // The mail about one job says more.
        [(one, message)] => {
            let event = MailEvent { key: one.key.clone(), user, message: one.message.clone() };
            send_claimed(notifier, &event, message, (one.attempt, one.recorded_at)).await
        }
        _ => match batch.compose_and_send(notifier).await {
            Ok(outcome) => Ok(outcome),
            Err(NotifyError::NotSent(error)) => {
                let reason = chain(&error).to_string();
                batch.release(notifier, &reason).await?;
                Err(NotifyError::NotSent(error))
            }
            // The mail is sent, but that is not recorded: it keeps its claims.
            Err(error) => Err(error),
        },
    }
}

/// Mails about ends of jobs of a user, claimed by this call.
struct Batch {
    user: UserId,
    mails: Vec<(ClaimedMail, MailMessage)>,
}

impl Batch {
    fn of(user: UserId, claimed: Vec<ClaimedMail>) -> Self {
        let read = |mail: ClaimedMail| match MailMessage::from_json(mail.message.clone()) {
            Ok(message) => Some((mail, message)),
            Err(error) => {
                tracing::error!(%error, event_key = mail.key, "stored mail cannot be read");
                None
            }
        };
        Self { user, mails: claimed.into_iter().filter_map(read).collect() }
    }

    /// Sends the mail and records it for each of the events.
    ///
    /// [`NotifyError::NotSent`] if no mail was sent.
    async fn compose_and_send(&self, notifier: &Notifier) -> Result<Notified, NotifyError> {
        let Digest { mail, left_out } =
            match self.compose(notifier).await.map_err(NotifyError::NotSent)? {
                Ok(digest) => digest,
                Err(reason) => return Ok(self.give_up_all(notifier, &reason).await?),
            };
        let message_id = match notifier.mailer.send(&mail).await.map_err(NotifyError::NotSent)? {
            SendOutcome::Accepted { message_id } => message_id,
            SendOutcome::Rejected { reason } => {
                return Ok(self.give_up_all(notifier, &reason).await?);
            }
        };
        let now = notifier.now();
        let sent = self.mails.iter().zip(&left_out).filter(|(_, reason)| reason.is_none());
        let sent: Vec<String> = sent.map(|((mail, _), _)| mail.key.clone()).collect();
        notifier.outbox.mark_sent(&sent, &message_id, now).await?;
        for ((mail, _), reason) in self.mails.iter().zip(left_out) {
            if let Some(reason) = reason {
                notifier.outbox.give_up(&mail.key, reason, now).await?;
            }
        }
        tracing::info!(user_id = %self.user, count = sent.len(), "mails sent as one");
        Ok(Notified::Sent)
    }

    async fn compose(&self, notifier: &Notifier) -> PortResult<Result<Digest, String>> {
        let account = notifier.accounts.account(self.user).await?;
        let wanted = notifier.preferences.job_mails(self.user).await?;
        let (Some(account), Some(wanted)) = (account, wanted) else {
            return Ok(Err(NO_USER.to_owned()));
        };
        let ids: Vec<Option<JobId>> =
            self.mails.iter().map(|(_, message)| message.job_id()).collect();
        let known: Vec<JobId> = ids.iter().flatten().copied().collect();
        let found = notifier.jobs.store.jobs(&known).await?;
        let mut found: HashMap<JobId, Job> = found.into_iter().map(|job| (job.id, job)).collect();
        // A list leaves out rows that cannot be read, such as those of a newer version beside this one. Here that is an
        // error, so that their mails are sent later and not given up.
        for id in known {
            if !found.contains_key(&id)
                && let Some(job) = notifier.jobs.store.job(id).await?
            {
                found.insert(id, job);
            }
        }
        let jobs: Vec<Option<&Job>> =
            ids.iter().map(|id| id.and_then(|id| found.get(&id))).collect();
        match notifier.composer.compose_digest(&account, wanted, &jobs, notifier.now()) {
            Ok(digest) => Ok(Ok(digest)),
            Err(ComposeError::Template(error)) => Err(PortError::new("compose a mail", error)),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    async fn give_up_all(&self, notifier: &Notifier, reason: &str) -> PortResult<Notified> {
        tracing::warn!(user_id = %self.user, count = self.mails.len(), reason, "mails given up");
        for (mail, _) in &self.mails {
            notifier.outbox.give_up(&mail.key, reason, notifier.now()).await?;
        }
        Ok(Notified::GivenUp(reason.to_owned()))
    }

    /// Releases the claims after a failure. Mails that are too old are given up.
    async fn release(&self, notifier: &Notifier, reason: &str) -> PortResult<()> {
        let now = notifier.now();
        for (mail, _) in &self.mails {
            if now.duration_since(mail.recorded_at) >= MAX_AGE {
                notifier.outbox.give_up(&mail.key, reason, now).await?;
            } else {
                notifier.outbox.release(&mail.key, mail.attempt, reason).await?;
            }
        }
        Ok(())
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

/// Sends mails that are unsent for more than ten minutes, those about ends of jobs of a user as one, and returns how many
/// it sent.
///
/// # Errors
/// If the outbox cannot be read.
pub async fn resend_mails(notifier: &Notifier) -> PortResult<usize> {
    let mut sent = 0;
    let mut users = HashSet::new();
    for message in unsent_mails(notifier, RESEND_AFTER).await? {
        let outcome = match &message {
            MailMessage::JobResult(result) if !users.insert(result.user_id) => continue,
            MailMessage::JobResult(result) => send_waiting(notifier, result.user_id).await,
            MailMessage::Notice(_) => notify(notifier, &message).await,
        };
        match outcome {
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

    /// Whether the results of a job can be downloaded for a short time only.
    async fn expires_soon(&self, job: JobId) -> PortResult<bool> {
        let Some(job) = self.jobs.store.job(job).await? else { return Ok(false) };
        let JobState::Completed(done) = &job.state else { return Ok(false) };
        let until = done.results.stored().and_then(|stored| stored.until);
        Ok(until.is_some_and(|until| until.duration_since(self.now()) < SHORT_WINDOW))
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
        let wanted = self.preferences.job_mails(event.user).await?;
        let (Some(account), Some(wanted)) = (account, wanted) else {
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
        match self.composer.compose(message, &account, wanted, subject, now) {
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
