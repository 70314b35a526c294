//! The mail about a failed job.

use crate::mail::context::{MailContext, MailJob, Outdated};
use crate::mail::template::{MailTemplate, mail_bodies};
use crate::mail::text::one_line;
use gas_shared::JobMailKind;
use gas_shared::job::{Failure, FailureKind};

/// "Annotation failed".
pub(super) struct JobFailed {
    job: MailJob,
    reason: String,
    kind: FailureKind,
}

impl JobFailed {
    pub(super) fn new(context: &MailContext<'_>, failure: &Failure) -> Result<Self, Outdated> {
        let job = context.mail_job(context.job()?);
        Ok(Self { job, reason: one_line(&failure.reason), kind: failure.kind })
    }
}

mail_bodies!(JobFailed, "mail/job_failed/body.html", "mail/job_failed/body.txt");

impl MailTemplate for JobFailed {
    fn kind(&self) -> Option<JobMailKind> {
        Some(JobMailKind::Failed)
    }

    fn subject(&self) -> String {
        format!("Annotation failed: {}", self.job.file)
    }

    fn title(&self) -> &'static str {
        "Annotation failed"
    }

    fn preheader(&self) -> String {
        self.reason.clone()
    }
}
