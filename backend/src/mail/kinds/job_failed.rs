//! The mail about a failed job.

use crate::mail::context::{MailContext, MailJob, Outdated};
use crate::mail::layout::Layout;
use crate::mail::template::MailTemplate;
use crate::mail::text::one_line;
use askama::Template;
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

#[derive(Template)]
#[template(path = "mail/job_failed/body.html")]
struct Html<'a> {
    mail: &'a JobFailed,
    layout: &'a Layout<'a>,
}

#[derive(Template)]
#[template(path = "mail/job_failed/body.txt")]
struct Text<'a> {
    mail: &'a JobFailed,
    layout: &'a Layout<'a>,
}

impl MailTemplate for JobFailed {
    fn subject(&self) -> String {
        format!("Annotation failed: {}", self.job.file)
    }

    fn title(&self) -> &'static str {
        "Annotation failed"
    }

    fn preheader(&self) -> String {
        self.reason.clone()
    }

    fn html(&self, layout: &Layout<'_>) -> askama::Result<String> {
        Html { mail: self, layout }.render()
    }

    fn text(&self, layout: &Layout<'_>) -> askama::Result<String> {
        Text { mail: self, layout }.render()
    }
}
