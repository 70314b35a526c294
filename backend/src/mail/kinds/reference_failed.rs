//! The mail about a private reference that could not be built.

use crate::mail::context::MailReference;
use crate::mail::template::{MailTemplate, mail_bodies};
use crate::mail::text::one_line;
use gas_shared::JobMailKind;

/// "Your reference could not be built".
pub(super) struct ReferenceFailed {
    reference: MailReference,
    /// Why, and what to do.
    reason: String,
}

impl ReferenceFailed {
    pub(super) fn new(reference: MailReference, reason: &str) -> Self {
        Self { reference, reason: one_line(reason) }
    }
}

mail_bodies!(ReferenceFailed, "mail/reference_failed/body.html", "mail/reference_failed/body.txt");

impl MailTemplate for ReferenceFailed {
    fn kind(&self) -> Option<JobMailKind> {
        Some(JobMailKind::Failed)
    }

    fn about(&self) -> &'static str {
        "one of your references"
    }

    fn subject(&self) -> String {
        format!("Reference failed: {}", self.reference.id)
    }

    fn title(&self) -> &'static str {
        "Your reference could not be built"
    }

    fn preheader(&self) -> String {
        self.reason.clone()
    }
}
