//! What a mail says, before it has a form.

use super::MailMessage;
use super::times::Times;
use super::words::{counted, one_line, span};
use crate::PublicUrl;
use crate::messages::Notice;
use gas_shared::job::{Completion, FailureKind, JobState, Results, Stored};
use gas_shared::{Account, Job, JobId, Plan};
use jiff::Timestamp;

/// What a mail says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Letter {
    /// A job is completed.
    ResultsReady { job: MailJob, records: String, access: Access },
    /// A job could not be done.
    JobFailed { job: MailJob, reason: String, remedy: FailureKind },
    /// Results went to the archive, at a time in words.
    ResultsArchived { job: MailJob, at: String },
    /// Results are back.
    ResultsRestored { job: MailJob, access: Access },
    /// The user is on Premium now.
    Welcome,
    /// A payment failed: Stripe's id of the invoice, and the plan of the user now.
    PaymentFailed { invoice: String, plan: Plan },
}

/// What every mail about a job says of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MailJob {
    pub(super) id: JobId,
    pub(super) file: String,
    /// URLs.
    pub(super) page: String,
    pub(super) log: String,
    pub(super) download: String,
}

/// Until when the results can be downloaded, in words without a full stop.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Access {
    /// No end is set, or the user is on Premium.
    Always,
    /// For a while.
    Until { deadline: String },
    /// Not any more.
    Over { ended: String },
}

/// A mail that would not be true (any more): why it is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moot(pub(super) &'static str);

const NO_JOB: Moot = Moot("there is no such job");

impl Letter {
    /// What a message has to say to its user now.
    pub(super) fn of(
        message: &MailMessage,
        account: &Account,
        job: Option<&Job>,
        site: &PublicUrl,
        times: &Times,
    ) -> Result<Self, Moot> {
        let job = || job.filter(|job| job.owner == account.id).ok_or(NO_JOB);
        let mail_job = |job: &Job| MailJob::of(job, site);
        match message {
            MailMessage::JobResult(_) => ended(job()?, account, site, times),
            MailMessage::Notice(Notice::ResultsArchived { at, .. }) => {
                let job = job()?;
                match &completion(job)?.results {
                    Results::Archived { .. } if account.plan == Plan::Free => {
                        Ok(Self::ResultsArchived { job: mail_job(job), at: times.moment(*at) })
                    }
                    _ => Err(Moot("the results are on their way back, or back")),
                }
            }
            MailMessage::Notice(Notice::ResultsRestored { .. }) => {
                let job = job()?;
                let done = completion(job)?;
                let stored = done.results.stored().ok_or(Moot("the results are archived again"))?;
                match Access::of(stored, None, account.plan, times) {
                    Access::Over { .. } => Err(Moot("the time to download is over again")),
                    access => Ok(Self::ResultsRestored { job: mail_job(job), access }),
                }
            }
            MailMessage::Notice(Notice::Welcome { .. }) => match account.plan {
                Plan::Premium => Ok(Self::Welcome),
                Plan::Free => Err(Moot("the user is on Free again")),
            },
            MailMessage::Notice(Notice::PaymentFailed { invoice, .. }) => {
                Ok(Self::PaymentFailed { invoice: one_line(invoice), plan: account.plan })
            }
        }
    }

    /// The subject. It has no text of a user's in it.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::ResultsReady { job, .. } => format!("Results available for job {}", job.id),
            Self::JobFailed { job, .. } => format!("Job {} failed", job.id),
            Self::ResultsArchived { job, .. } => format!("Results archived for job {}", job.id),
            Self::ResultsRestored { job, .. } => format!("Results restored for job {}", job.id),
            Self::Welcome => "Welcome to GAS Premium".to_owned(),
            Self::PaymentFailed { .. } => "Your payment for GAS Premium failed".to_owned(),
        }
    }

    /// The heading.
    pub(super) const fn title(&self) -> &'static str {
        match self {
            Self::ResultsReady { access: Access::Over { .. }, .. } => "Your file is annotated",
            Self::ResultsReady { .. } => "Your results are ready",
            Self::JobFailed { .. } => "Your job failed",
            Self::ResultsArchived { .. } => "Your results are archived",
            Self::ResultsRestored { .. } => "Your results are back",
            Self::Welcome => "Welcome to GAS Premium",
            Self::PaymentFailed { .. } => "Your payment failed",
        }
    }

    /// What mail programs show beside the subject.
    pub(super) fn preheader(&self) -> String {
        match self {
            Self::ResultsReady { job, access, .. } | Self::ResultsRestored { job, access } => {
                match access {
                    Access::Always => format!("{} can be downloaded whenever you like.", job.file),
                    Access::Until { deadline } => format!("{deadline}."),
                    Access::Over { ended } => format!("{ended}."),
                }
            }
            Self::JobFailed { reason, .. } => reason.clone(),
            Self::ResultsArchived { job, .. } => {
                format!("{}: upgrade, or submit the file again.", job.file)
            }
            Self::Welcome => "Larger files, and results that stay.".to_owned(),
            Self::PaymentFailed { .. } => "Please check your card.".to_owned(),
        }
    }

    /// Whether the user must get it, whatever mail they want.
    pub(super) const fn is_transactional(&self) -> bool {
        matches!(self, Self::Welcome | Self::PaymentFailed { .. })
    }
}

/// What there is to say of a job that is over. The row decides how it ended.
fn ended(job: &Job, account: &Account, site: &PublicUrl, times: &Times) -> Result<Letter, Moot> {
    let mail_job = MailJob::of(job, site);
    match &job.state {
        JobState::Completed(done) => {
            let records = counted(done.records.try_into().unwrap_or(i64::MAX), "record");
            let access = match done.results.stored() {
                Some(stored) => Access::of(stored, Some(done.completed_at), account.plan, times),
                None => Access::Over { ended: "The results are in the archive by now".to_owned() },
            };
            Ok(Letter::ResultsReady { job: mail_job, records, access })
        }
        JobState::Failed(failure) => Ok(Letter::JobFailed {
            job: mail_job,
            reason: one_line(&failure.reason),
            remedy: failure.kind,
        }),
        _ => Err(Moot("the job is not over, or cancelled")),
    }
}

fn completion(job: &Job) -> Result<&Completion, Moot> {
    match &job.state {
        JobState::Completed(done) => Ok(done),
        _ => Err(Moot("the job has no results")),
    }
}

impl MailJob {
    fn of(job: &Job, site: &PublicUrl) -> Self {
        let page = site.join(&format!("/annotations/{}", job.id));
        Self {
            id: job.id,
            file: one_line(job.input.name.as_str()),
            log: format!("{page}/log"),
            download: format!("{page}#download"),
            page,
        }
    }
}

impl Access {
    /// `since` is the moment that the time is counted from, where that means something to the
    /// user.
    fn of(stored: &Stored, since: Option<Timestamp>, plan: Plan, times: &Times) -> Self {
        let until = match (plan, stored.until) {
            (Plan::Free, Some(until)) => until,
            (Plan::Premium, _) | (Plan::Free, None) => return Self::Always,
        };
        if until <= times.now {
            return Self::Over {
                ended: format!("The time to download ended at {}", times.moment(until)),
            };
        }
        let after =
            since.map(|since| format!(" - {} after completion", span(until.duration_since(since))));
        let deadline =
            format!("Download before {}{}", times.moment(until), after.unwrap_or_default());
        Self::Until { deadline }
    }
}
