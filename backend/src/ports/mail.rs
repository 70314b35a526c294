//! The ports of mail: sending, the outbox, and users' preferences.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::{JobMails, UserId};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends a mail.
    ///
    /// # Errors
    /// For temporary failures, such as throttling or a suspended account.
    async fn send(&self, mail: &Mail) -> PortResult<SendOutcome>;
}

/// A mail, ready to send. Its headers contain no user input other than the address and, on one line
/// in the subject, the name of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The recipient.
    pub to: EmailAddress,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The URL for one-click unsubscription (RFC 8058); `None` for mails that are always sent.
    pub unsubscribe: Option<String>,
}

/// The outcome of sending a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The mail was accepted for delivery.
    Accepted {
        /// The mail service's ID of the mail.
        message_id: String,
    },
    /// The address or the content is rejected permanently.
    Rejected {
        /// The mail service's message.
        reason: String,
    },
}

/// A single email address. It contains nothing that separates addresses or ends a header.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The maximum length of an address in bytes (RFC 5321, 4.5.3.1.3, without the angle brackets).
const MAX_ADDRESS_BYTES: usize = 254;

/// The text is not an email address that mail can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a valid email address")]
pub struct InvalidAddress(String);

impl EmailAddress {
    /// Parses an address that SES accepts: an unquoted ASCII local part and an ASCII domain (as
    /// punycode if it is international).
    ///
    /// # Errors
    /// [`InvalidAddress`] for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let rejected = || InvalidAddress(text.to_owned());
        let (local, domain) = text.split_once('@').ok_or_else(rejected)?;
        // RFC 5322, 3.2.3: the characters of an atom. Dots separate atoms.
        let atom = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&b);
        let host = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
        let fits = text.len() <= MAX_ADDRESS_BYTES
            && [local, domain].into_iter().all(|part| part.split('.').all(|atom| !atom.is_empty()))
            && local.bytes().all(atom)
            && domain.bytes().all(host);
        if fits { Ok(Self(text.to_owned())) } else { Err(rejected()) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The outbox: at most one mail per event, however often the event is reported.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Records the mail of an event, if it is new, and claims it for sending until `lease` has
    /// passed. Of concurrent callers, one gets the claim. Nothing is recorded for a user without a
    /// profile, because nothing would ever delete it.
    async fn claim(
        &self,
        event: &MailEvent,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<MailClaim>;

    /// Records the mail of an event that is sent later together with others, if it is new. Nothing is recorded for a
    /// user without a profile.
    async fn hold(&self, event: &MailEvent, now: Timestamp) -> PortResult<Held>;

    /// The number of a user's mails about ends of jobs that are neither sent nor given up nor claimed, other than that
    /// of the event `except`.
    async fn waiting(
        &self,
        user: UserId,
        except: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<u32>;

    /// Claims all mails about ends of jobs of a user that [`waiting`](Self::waiting) counts, oldest first, at most
    /// `limit`. Of concurrent callers, one gets a mail.
    async fn claim_waiting(
        &self,
        user: UserId,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
    ) -> PortResult<Vec<ClaimedMail>>;

    /// Records that the mails of these events were sent as one, regardless of who holds their claims now.
    async fn mark_sent(&self, keys: &[String], message_id: &str, now: Timestamp) -> PortResult<()>;

    /// Records that a mail will not be sent, and why.
    async fn give_up(&self, key: &str, reason: &str, now: Timestamp) -> PortResult<()>;

    /// Releases the claim of an attempt that failed, unless a later attempt holds it.
    async fn release(&self, key: &str, attempt: u32, reason: &str) -> PortResult<()>;

    /// The messages of mails recorded at `before` or earlier that are neither sent nor given up nor
    /// claimed, oldest first.
    async fn unsent(
        &self,
        before: Timestamp,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
    ) -> PortResult<Vec<Value>>;
}

/// An event that is reported to a user by one mail.
#[derive(Clone, Debug, PartialEq)]
pub struct MailEvent {
    /// The unique key of the event.
    pub key: String,
    /// The recipient.
    pub user: UserId,
    /// The message that reported the event; a retry composes the mail from it.
    pub message: Value,
}

/// The beginning of the keys of events that are the end of a job.
pub const JOB_RESULT_KEYS: &str = "job-result/";

/// The outcome of [`Outbox::hold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The mail is recorded and waits, or another caller is sending it.
    Waiting,
    /// The mail was sent or given up.
    Settled,
    /// There is no such user.
    NoUser,
}

/// A mail that the caller may send, with others.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedMail {
    /// The key of the event.
    pub key: String,
    /// The message that reported the event.
    pub message: Value,
    /// The attempt number, from 1.
    pub attempt: u32,
    /// When the mail was recorded.
    pub recorded_at: Timestamp,
}

/// The outcome of claiming a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailClaim {
    /// The caller may send the mail.
    Taken {
        /// The attempt number, from 1.
        attempt: u32,
        /// When the mail was recorded.
        recorded_at: Timestamp,
    },
    /// Another caller holds the claim.
    Busy,
    /// The mail was sent or given up.
    Settled,
    /// There is no such user.
    NoUser,
}

/// Users' preferences for mail about their jobs.
#[async_trait]
pub trait MailPreferences: Send + Sync {
    /// The mails about jobs that a user wants; `None` if there is no such user.
    async fn job_mails(&self, user: UserId) -> PortResult<Option<JobMails>>;

    /// Stores which mails about jobs a user wants. `false` if there is no such user.
    async fn set_job_mails(&self, user: UserId, wanted: JobMails) -> PortResult<bool>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_addresses_are_accepted() {
        for good in ["ada@example.org", "o'neil+gas@sub.example.org", "x@xn--bcher-kva.example"] {
            assert_eq!(EmailAddress::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn lists_headers_and_malformed_addresses_are_rejected() {
        let long = format!("{}@example.org", "a".repeat(250));
        let bad = [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@example.org,eve@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "Ada <ada@example.org>",
            "a b@example.org",
            "a@b@c",
            "ada@example..org",
            "été@example.org",
            &long,
        ];
        for text in bad {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }
}
