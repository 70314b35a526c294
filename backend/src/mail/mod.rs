//! Mails to users.
//!
//! A mail is composed when it is sent, from the row and the profile of that moment, and not when
//! its event happened. A mail that would no longer be true is not sent. Links lead to pages of the
//! service and never to S3, because mails are kept and forwarded.
//!
//! [`kinds`] has one module for each mail, with its templates in `templates/mail/<module>/`.

mod composer;
mod context;
mod kinds;
mod layout;
mod message;
mod template;
mod text;
mod time_format;
mod unsubscribe;

pub use composer::{ComposeError, Composer, Digest, MailSettings};
pub use context::MailSubject;
pub use kinds::Notice;
pub use message::{MailMessage, UnknownMessage};
pub use unsubscribe::{InvalidUnsubscribeToken, KeyTooShort, UnsubscribeKey, UnsubscribeToken};

#[cfg(test)]
mod tests;
