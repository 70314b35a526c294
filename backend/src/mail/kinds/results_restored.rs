//! The mail about results that were restored from the archive.

use crate::mail::context::{Access, MailContext, MailJob, Outdated};
use crate::mail::template::{MailTemplate, mail_bodies};
use gas_shared::JobMailKind;

/// "Your results are restored".
pub(super) struct ResultsRestored {
    job: MailJob,
    access: Access,
}

impl ResultsRestored {
    pub(super) fn new(context: &MailContext<'_>) -> Result<Self, Outdated> {
        let (job, done) = context.completed_job()?;
        let stored = done.results.stored().ok_or(Outdated("the results are archived again"))?;
        match context.access(stored, None) {
            Access::Ended { .. } => Err(Outdated("the time to download has ended again")),
            access => Ok(Self { job, access }),
        }
    }
}

mail_bodies!(ResultsRestored, "mail/results_restored/body.html", "mail/results_restored/body.txt");

impl MailTemplate for ResultsRestored {
    fn kind(&self) -> Option<JobMailKind> {
        Some(JobMailKind::Archive)
    }

    fn subject(&self) -> String {
        format!("Results restored: {}", self.job.file)
    }

    fn title(&self) -> &'static str {
        "Your results are restored"
    }

    fn preheader(&self) -> String {
        self.access.preheader(&self.job)
    }
}
