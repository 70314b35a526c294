//! The mail about a completed job.

use crate::mail::context::{Access, MailContext, MailJob, Outdated};
use crate::mail::template::{MailTemplate, mail_bodies};
use crate::mail::text::counted;
use gas_shared::JobMailKind;

/// "Your results are ready".
pub(super) struct ResultsReady {
    job: MailJob,
    /// How many records are annotated, with the unit.
    records: String,
    /// One sentence for each reason why records are not annotated.
    warnings: Vec<String>,
    /// The reference, the engine and the sources.
    provenance: Option<String>,
    access: Access,
}

impl ResultsReady {
    pub(super) fn new(context: &MailContext<'_>) -> Result<Self, Outdated> {
        let (job, done) = context.completed_job()?;
        let records = counted(done.annotated().try_into().unwrap_or(i64::MAX), "record");
        let warnings = done.not_annotated.unwrap_or_default().warnings();
        let warnings = warnings.map(|warning| warning.to_string()).collect();
        let provenance = done.provenance.as_ref().map(|provenance| {
            let engine = provenance.engine.iter().map(|engine| format!(", by {engine}"));
            let sources = provenance.source_labels().map(|labels| format!(" Sources: {labels}."));
            let (engine, sources) = (engine.collect::<String>(), sources.unwrap_or_default());
            format!("Reference: {provenance}{engine}.{sources}")
        });
        let access = match done.results.stored() {
            Some(stored) => context.access(stored, Some(done.completed_at)),
            None => Access::Ended { reason: "The results are archived".to_owned() },
        };
        Ok(Self { job, records, warnings, provenance, access })
    }
}

impl ResultsReady {
    const fn with_warnings(&self) -> &'static str {
        if self.warnings.is_empty() { "" } else { " with warnings" }
    }
}

mail_bodies!(ResultsReady, "mail/results_ready/body.html", "mail/results_ready/body.txt");

impl MailTemplate for ResultsReady {
    fn kind(&self) -> Option<JobMailKind> {
        Some(JobMailKind::Completed)
    }

    fn subject(&self) -> String {
        match self.access {
            Access::Unlimited | Access::Until { .. } => {
                format!("Results ready{}: {}", self.with_warnings(), self.job.file)
            }
            Access::Ended { .. } => {
                format!("Annotated{}: {}", self.with_warnings(), self.job.file)
            }
        }
    }

    fn title(&self) -> &'static str {
        match self.access {
            Access::Unlimited | Access::Until { .. } => "Your results are ready",
            Access::Ended { .. } => "Your file is annotated",
        }
    }

    fn preheader(&self) -> String {
        self.access.preheader(&self.job)
    }
}
