//! The content of one mail.

use super::layout::Layout;

/// One mail, ready to be rendered.
pub(super) trait MailTemplate {
    /// Whether users who turned mail about jobs off get this mail, too.
    fn is_required(&self) -> bool {
        false
    }

    /// The subject. Texts of users in it must have passed [`one_line`](super::text::one_line).
    fn subject(&self) -> String;

    /// The heading.
    fn title(&self) -> &'static str;

    /// The preview that mail programs show next to the subject.
    fn preheader(&self) -> String;

    /// Renders the HTML form.
    fn html(&self, layout: &Layout<'_>) -> askama::Result<String>;

    /// Renders the text form.
    fn text(&self, layout: &Layout<'_>) -> askama::Result<String>;
}
