//! The mail about a private reference that was built.

use crate::mail::context::MailReference;
use crate::mail::template::{MailTemplate, mail_bodies};
use crate::mail::text::counted;
use gas_shared::JobMailKind;
use gas_shared::private_reference::BuiltReference;

/// "Your reference is ready".
pub(super) struct ReferenceReady {
    reference: MailReference,
    /// Its contigs, genes and transcripts, in words.
    content: String,
    /// Whether something was left out of the gene models, which the page of references explains.
    has_notes: bool,
}

impl ReferenceReady {
    pub(super) fn new(reference: MailReference, built: &BuiltReference) -> Self {
        let choice = &built.choice;
        let words = |count: u64, unit| counted(i64::try_from(count).unwrap_or(i64::MAX), unit);
        let content = format!(
            "{}, {} and {}",
            words(choice.contig_count, "contig"),
            words(choice.genes, "gene"),
            words(choice.transcripts.all, "transcript")
        );
        Self { reference, content, has_notes: !built.notes.is_empty() }
    }
}

mail_bodies!(ReferenceReady, "mail/reference_ready/body.html", "mail/reference_ready/body.txt");

impl MailTemplate for ReferenceReady {
    fn kind(&self) -> Option<JobMailKind> {
        Some(JobMailKind::Completed)
    }

    fn about(&self) -> &'static str {
        "one of your references"
    }

    fn subject(&self) -> String {
        format!("Reference ready: {}", self.reference.id)
    }

    fn title(&self) -> &'static str {
        "Your reference is ready"
    }

    fn preheader(&self) -> String {
        format!("It has {}.", self.content)
    }
}
