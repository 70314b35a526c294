//! The mail about several jobs that have ended.

use crate::mail::context::{Access, MailContext, MailJob, Outdated};
use crate::mail::template::{MailTemplate, mail_bodies};
use crate::mail::text::{counted, one_line};
use gas_shared::JobMailKind;
use gas_shared::job::{Completion, JobState};

/// The most jobs that are listed; the others are counted.
const MAX_LISTED: usize = 50;

/// "Your jobs have ended".
pub(super) struct JobsEnded {
    /// The jobs that are listed, failed ones first.
    jobs: Vec<EndedJob>,
    /// The number of jobs that are not listed.
    unlisted: usize,
    /// How many have results, and how many failed.
    completed: usize,
    failed: usize,
}

/// A job of the list.
struct EndedJob {
    job: MailJob,
    /// What became of it, in words without a full stop.
    outcome: String,
    failed: bool,
}

impl EndedJob {
    fn new(context: &MailContext<'_>) -> Result<Self, Outdated> {
        let job = context.job()?;
        let (outcome, failed) = match &job.state {
            JobState::Completed(done) => (outcome_of(context, done), false),
            JobState::Failed(failure) => (one_line(&failure.reason), true),
            _ => return Err(Outdated("the job was cancelled or has not ended")),
        };
        Ok(Self { job: context.mail_job(job), outcome, failed })
    }

    const fn kind(&self) -> JobMailKind {
        if self.failed { JobMailKind::Failed } else { JobMailKind::Completed }
    }
}

fn outcome_of(context: &MailContext<'_>, done: &Completion) -> String {
    let records = counted(done.annotated().try_into().unwrap_or(i64::MAX), "record");
    let access = match done.results.stored() {
        Some(stored) => context.access(stored, None),
        None => Access::Ended { reason: "The results are archived".to_owned() },
    };
    let warnings = done.not_annotated.unwrap_or_default().warnings().count();
    let warned = if warnings > 0 { ", with warnings" } else { "" };
    match access {
        Access::Unlimited => format!("{records}{warned}"),
        Access::Until { deadline: text } | Access::Ended { reason: text } => {
            format!("{records}{warned}. {text}")
        }
    }
}

impl JobsEnded {
    /// The mail about the jobs of these contexts that have ended and whose kind is wanted, with the reason why each of
    /// the others is left out. `None` if none is left.
    pub(super) fn new(
        contexts: &[MailContext<'_>],
        wants: impl Fn(JobMailKind) -> bool,
    ) -> (Option<Self>, Vec<Option<&'static str>>) {
        let mut jobs = Vec::new();
        let mut left_out = Vec::new();
        for context in contexts {
            left_out.push(match EndedJob::new(context) {
                Ok(job) if wants(job.kind()) => {
                    jobs.push(job);
                    None
                }
                Ok(_) => Some("the user has turned this kind of mail off"),
                Err(Outdated(reason)) => Some(reason),
            });
        }
        // What needs an action comes first.
        jobs.sort_by_key(|job| !job.failed);
        let failed = jobs.iter().filter(|job| job.failed).count();
        let (completed, unlisted) = (jobs.len() - failed, jobs.len().saturating_sub(MAX_LISTED));
        jobs.truncate(MAX_LISTED);
        let mail = (!jobs.is_empty()).then_some(Self { jobs, unlisted, completed, failed });
        (mail, left_out)
    }

    fn count(&self) -> usize {
        self.completed + self.failed
    }

    /// The name of the first file, and how many others there are.
    fn files(&self) -> String {
        let first = self.jobs.first().map(|job| job.job.file.as_str()).unwrap_or_default();
        match self.count() {
            0 | 1 => first.to_owned(),
            count => format!("{first} and {} more", count - 1),
        }
    }
}

mail_bodies!(JobsEnded, "mail/jobs_ended/body.html", "mail/jobs_ended/body.txt");

impl MailTemplate for JobsEnded {
    fn kind(&self) -> Option<JobMailKind> {
        Some(if self.completed > 0 { JobMailKind::Completed } else { JobMailKind::Failed })
    }

    fn about(&self) -> &'static str {
        "some of your jobs"
    }

    fn subject(&self) -> String {
        let files = self.files();
        match (self.completed, self.failed) {
            (_, 0) => format!("Results ready: {files}"),
            (0, _) => format!("Annotation failed: {files}"),
            (_, failed) => format!("{} of {} jobs failed: {files}", failed, self.count()),
        }
    }

    fn title(&self) -> &'static str {
        "Your jobs have ended"
    }

    fn preheader(&self) -> String {
        match (self.completed, self.failed) {
            (completed, 0) => format!("{completed} have results."),
            (0, failed) => format!("{failed} failed."),
            (completed, failed) => format!("{completed} have results, {failed} failed."),
        }
    }
}
