//! The facts that mails are composed from.

use super::text::{one_line, span};
use super::time_format::TimeFormat;
use crate::PublicUrl;
use gas_shared::job::{Completion, JobState, Stored};
use gas_shared::private_reference::PrivateReference;
use gas_shared::{Account, Job, Plan};
use jiff::Timestamp;
use uuid::Uuid;

/// What a mail is about, as it is stored when the mail is composed.
#[derive(Clone, Copy, Debug)]
pub enum MailSubject<'a> {
    /// The account, or something that no longer exists.
    Account,
    /// A job.
    Job(&'a Job),
    /// A private reference.
    PrivateReference(&'a PrivateReference),
}

/// The recipient, what the mail is about, and the time of sending.
pub(super) struct MailContext<'a> {
    pub(super) account: &'a Account,
    pub(super) subject: MailSubject<'a>,
    pub(super) site: &'a PublicUrl,
    pub(super) times: &'a TimeFormat,
}

/// Why a mail is not sent: it would no longer be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outdated(pub(super) &'static str);

/// What mails about a job say of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MailJob {
    pub(super) file: String,
    /// The URL of the job's page.
    pub(super) page: String,
    /// The URL of the log's page.
    pub(super) log: String,
    /// The URL of the download button on the job's page.
    pub(super) download: String,
}

/// What mails about a private reference say of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MailReference {
    pub(super) id: String,
    /// The URL of the page with the user's references.
    pub(super) page: String,
}

/// Until when results can be downloaded, in words without a full stop.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Access {
    /// Without a limit: the user is on Premium, or no end is set.
    Unlimited,
    /// Until a deadline.
    Until { deadline: String },
    /// The results can no longer be downloaded.
    Ended { reason: String },
}

impl MailContext<'_> {
    /// The job, if it belongs to the recipient.
    pub(super) fn job(&self) -> Result<&Job, Outdated> {
        match self.subject {
            MailSubject::Job(job) if job.owner == self.account.id => Ok(job),
            _ => Err(Outdated("the job does not exist")),
        }
    }

    /// The private reference, if it belongs to the recipient and was not replaced by another one of the same id.
    pub(super) fn private_reference(&self, build: Uuid) -> Result<&PrivateReference, Outdated> {
        match self.subject {
            MailSubject::PrivateReference(reference)
                if reference.owner == self.account.id && reference.build == build =>
            {
                Ok(reference)
            }
            _ => Err(Outdated("the reference does not exist")),
        }
    }

    pub(super) fn mail_reference(&self, reference: &PrivateReference) -> MailReference {
        MailReference { id: reference.id.to_string(), page: self.site.join("/references") }
    }

    /// The job and its results.
    pub(super) fn completed_job(&self) -> Result<(MailJob, &Completion), Outdated> {
        let job = self.job()?;
        match &job.state {
            JobState::Completed(done) => Ok((self.mail_job(job), done)),
            _ => Err(Outdated("the job has no results")),
        }
    }

    pub(super) fn mail_job(&self, job: &Job) -> MailJob {
        let page = self.site.join(&format!("/annotations/{}", job.id));
        MailJob {
            file: one_line(job.input.name.as_str()),
            log: format!("{page}/log"),
            download: format!("{page}#download"),
            page,
        }
    }

    /// Until when the recipient can download stored results. With `since`, the deadline also says
    /// how long after that moment it is.
    pub(super) fn access(&self, stored: &Stored, since: Option<Timestamp>) -> Access {
        let until = match (self.account.plan, stored.until) {
            (Plan::Free, Some(until)) => until,
            (Plan::Premium, _) | (Plan::Free, None) => return Access::Unlimited,
        };
        if until <= self.times.now {
            let reason = format!("The download window ended at {}", self.times.format(until));
            return Access::Ended { reason };
        }
        let after =
            since.map(|since| format!(" - {} after completion", span(until.duration_since(since))));
        let deadline =
            format!("Download before {}{}", self.times.format(until), after.unwrap_or_default());
        Access::Until { deadline }
    }
}

impl Access {
    /// The preheader of mails about results that can be downloaded.
    pub(super) fn preheader(&self, job: &MailJob) -> String {
        match self {
            Self::Unlimited => format!("Download the results for {} at any time.", job.file),
            Self::Until { deadline } => format!("{deadline}."),
            Self::Ended { reason } => format!("{reason}."),
        }
    }
}
