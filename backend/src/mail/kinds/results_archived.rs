//! The mail about results that were archived.

use crate::mail::context::{MailContext, MailJob, Outdated};
use crate::mail::template::{MailTemplate, mail_bodies};
use gas_shared::job::Results;
use gas_shared::{JobMailKind, Plan};
use jiff::Timestamp;

/// "Your results are archived".
pub(super) struct ResultsArchived {
    job: MailJob,
    /// The time of archiving, in words.
    at: String,
}

impl ResultsArchived {
    pub(super) fn new(context: &MailContext<'_>, at: Timestamp) -> Result<Self, Outdated> {
        let (job, done) = context.completed_job()?;
        match &done.results {
            Results::Archived { .. } if context.account.plan == Plan::Free => {
                Ok(Self { job, at: context.times.format(at) })
            }
            _ => Err(Outdated("the results are being restored, or are restored")),
        }
    }
}

mail_bodies!(ResultsArchived, "mail/results_archived/body.html", "mail/results_archived/body.txt");

impl MailTemplate for ResultsArchived {
    fn kind(&self) -> Option<JobMailKind> {
        Some(JobMailKind::Archive)
    }

    fn subject(&self) -> String {
        format!("Results archived: {}", self.job.file)
    }

    fn title(&self) -> &'static str {
        "Your results are archived"
    }

    fn preheader(&self) -> String {
        format!("Upgrade to restore the results for {}, or annotate the file again.", self.job.file)
    }
}
