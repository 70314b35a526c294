//! The content of one mail.

use super::layout::Layout;
use gas_shared::JobMailKind;

/// One mail, ready to be rendered.
pub(super) trait MailTemplate: MailBodies {
    /// The kind of mail that users turn off to get no such mail; `None` if it is always sent.
    fn kind(&self) -> Option<JobMailKind>;

    /// The subject of the sentence "You receive this email because … at GAS changed."
    fn about(&self) -> &'static str {
        "one of your jobs"
    }

    /// The subject. Texts of users in it must have passed [`one_line`](super::text::one_line).
    fn subject(&self) -> String;

    /// The heading.
    fn title(&self) -> &'static str;

    /// The preview that mail programs show next to the subject.
    fn preheader(&self) -> String;
}

/// The bodies of a mail. [`mail_bodies`] implements them.
pub(super) trait MailBodies {
    /// Renders the HTML form.
    fn html(&self, layout: &Layout<'_>) -> askama::Result<String>;

    /// Renders the text form.
    fn text(&self, layout: &Layout<'_>) -> askama::Result<String>;
}

/// Implements [`MailBodies`] for a mail by its two templates, which read the fields of `mail` and
/// `layout`.
macro_rules! mail_bodies {
    ($mail:ty, $html:literal, $text:literal) => {
        impl crate::mail::template::MailBodies for $mail {
            fn html(&self, layout: &crate::mail::layout::Layout<'_>) -> askama::Result<String> {
                #[derive(askama::Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    mail: &'a $mail,
                    layout: &'a crate::mail::layout::Layout<'a>,
                }
                askama::Template::render(&Html { mail: self, layout })
            }

            fn text(&self, layout: &crate::mail::layout::Layout<'_>) -> askama::Result<String> {
                #[derive(askama::Template)]
                #[template(path = $text)]
                struct Text<'a> {
                    mail: &'a $mail,
                    layout: &'a crate::mail::layout::Layout<'a>,
                }
                askama::Template::render(&Text { mail: self, layout })
            }
        }
    };
}
pub(super) use mail_bodies;
