//! From what a mail says to the mail.

use super::letter::{Access, Letter};
use super::words::one_line;
use super::{UnsubscribeKey, UnsubscribeToken};
use crate::PublicUrl;
use crate::ports::{EmailAddress, Mail};
use askama::Template;
use gas_shared::billing::PAST_DUE_GRACE_DAYS;
use gas_shared::job::FailureKind;
use gas_shared::{Account, Plan};

const GIB: u64 = 1024 * 1024 * 1024;

/// What a user is called who has no name.
const NO_NAME: &str = "there";

/// What is the same in every mail to a user.
pub(super) struct Frame<'a> {
    pub(super) site: &'a PublicUrl,
    pub(super) name: String,
    /// The link that stops mail of this kind.
    pub(super) unsubscribe: Option<String>,
}

impl Frame<'_> {
    fn billing(&self) -> String {
        self.site.join("/billing")
    }

    fn submit(&self) -> String {
        self.site.join("/annotate")
    }

    fn grace_days(&self) -> i64 {
        PAST_DUE_GRACE_DAYS
    }

    fn max_upload_gib(&self) -> u64 {
        Plan::Premium.max_upload_bytes() / GIB
    }

    fn jobs(&self) -> String {
        self.site.join("/annotations")
    }
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    frame: &'a Frame<'a>,
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    frame: &'a Frame<'a>,
    letter: &'a Letter,
}

/// Writes a letter to a user.
pub(super) fn write(
    letter: &Letter,
    account: &Account,
    to: EmailAddress,
    site: &PublicUrl,
    key: &UnsubscribeKey,
) -> askama::Result<Mail> {
    let unsubscribe = (!letter.is_transactional()).then(|| {
        let token = UnsubscribeToken::mint(key, account.id);
        site.join(&format!("/unsubscribe?token={}", token.as_str()))
    });
    let name = one_line(&account.name);
    let name = if name.is_empty() { NO_NAME.to_owned() } else { name };
    let frame = Frame { site, name, unsubscribe };
    let html = Html { frame: &frame, letter }.render()?;
    let text = Text { frame: &frame, letter }.render()?;
    Ok(Mail { to, subject: letter.subject(), text, html, unsubscribe: frame.unsubscribe })
}
