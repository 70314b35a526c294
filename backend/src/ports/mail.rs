//! Mail: what sends it, what remembers it, and who wants it.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// What sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends a mail. An error is one that may be over later: throttling, or an account that may
    /// not send now.
    async fn send(&self, mail: &Mail) -> PortResult<SendOutcome>;
}

/// A mail, ready to send. Its headers have no text of a user's in them but the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: EmailAddress,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Where mail programs post to when the user unsubscribes (RFC 8058); `None` for what a user
    /// cannot do without.
    pub unsubscribe: Option<String>,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// It is on its way.
    Accepted {
        /// The sender's id of it.
        message_id: String,
    },
    /// It will never be sent: the address or the content is refused.
    Refused {
        /// In the sender's words.
        reason: String,
    },
}

/// An e-mail address that is exactly one: nothing in it separates it from another or ends a
/// header.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The longest address that mail can be sent to, in bytes (RFC 5321, 4.5.3.1.3, less the angle
/// brackets).
const MAX_ADDRESS_BYTES: usize = 254;

/// Why a text is no address that mail can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no e-mail address that mail can be sent to")]
pub struct InvalidAddress(String);

impl EmailAddress {
    /// Checks an address: a local part of ASCII without quotes, and a domain (as punycode, where
    /// it is not ASCII), which is what SES takes.
    ///
    /// # Errors
    /// [`InvalidAddress`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let refused = || InvalidAddress(text.to_owned());
        let (local, domain) = text.split_once('@').ok_or_else(refused)?;
        // RFC 5322, 3.2.3: what an atom is made of, and the dots between atoms.
        let atom = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&b);
        let host = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
        let fits = text.len() <= MAX_ADDRESS_BYTES
            && [local, domain].into_iter().all(|part| part.split('.').all(|atom| !atom.is_empty()))
            && local.bytes().all(atom)
            && domain.bytes().all(host);
        if fits { Ok(Self(text.to_owned())) } else { Err(refused()) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What remembers the mails: one for each event, however often the event is told of.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Notes the mail of an event, unless it is noted, and takes it for sending until `lease` is
    /// over. Of callers at the same time one gets it. Nothing is noted of a user who has no profile
    /// (any more): nobody would ever delete it.
    async fn claim(
        &self,
        event: &MailEvent,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<MailClaim>;

    /// Notes that a mail was sent. It is a fact, whoever has the claim by now.
    async fn mark_sent(&self, key: &str, message_id: &str, now: Timestamp) -> PortResult<()>;

    /// Notes that a mail will not be sent, and why.
    async fn give_up(&self, key: &str, reason: &str, now: Timestamp) -> PortResult<()>;

    /// Gives a mail back that could not be sent this time, unless another has taken it since.
    async fn release(&self, key: &str, attempt: u32, reason: &str) -> PortResult<()>;

    /// The messages of mails noted at `before` or earlier that are neither sent nor given up nor
    /// being sent, the oldest first, at most `limit`.
    async fn unsent(
        &self,
        before: Timestamp,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
    ) -> PortResult<Vec<Value>>;
}

/// Something that a user is told of by one mail.
#[derive(Clone, Debug, PartialEq)]
pub struct MailEvent {
    /// Names the event, and no other.
    pub key: String,
    /// Who is told.
    pub user: UserId,
    /// The message that told of it, to compose the mail from again.
    pub message: Value,
}

/// Whether a mail may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailClaim {
    /// By the caller.
    Taken {
        /// The how manieth attempt this is.
        attempt: u32,
        /// When the mail was noted.
        noted_at: Timestamp,
    },
    /// Another is about to send it.
    Busy,
    /// It is sent, or given up.
    Settled,
    /// By nobody: there is no such user.
    NoUser,
}

/// Which users want mail about their jobs.
#[async_trait]
pub trait MailPreferences: Send + Sync {
    /// Whether a user wants it; `None` where there is no such user.
    async fn wants_results(&self, user: UserId) -> PortResult<Option<bool>>;

    /// Notes what a user wants. `false` where there is no such user.
    async fn set_wants_results(&self, user: UserId, wanted: bool) -> PortResult<bool>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_people_are_taken() {
        for good in ["ada@example.org", "o'neil+gas@sub.example.org", "x@xn--bcher-kva.example"] {
            assert_eq!(EmailAddress::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_could_be_two_addresses_or_a_header_is_none() {
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
