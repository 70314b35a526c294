//! The mail about results that were restored from the archive.

use crate::mail::context::{Access, MailContext, MailJob, Outdated};
use crate::mail::layout::Layout;
use crate::mail::template::MailTemplate;
use askama::Template;

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

#[derive(Template)]
#[template(path = "mail/results_restored/body.html")]
struct Html<'a> {
    mail: &'a ResultsRestored,
    layout: &'a Layout<'a>,
}

#[derive(Template)]
#[template(path = "mail/results_restored/body.txt")]
struct Text<'a> {
    mail: &'a ResultsRestored,
    layout: &'a Layout<'a>,
}

impl MailTemplate for ResultsRestored {
    fn subject(&self) -> String {
        format!("Results restored: {}", self.job.file)
    }

    fn title(&self) -> &'static str {
        "Your results are restored"
    }

    fn preheader(&self) -> String {
        self.access.preheader(&self.job)
    }

    fn html(&self, layout: &Layout<'_>) -> askama::Result<String> {
        Html { mail: self, layout }.render()
    }

    fn text(&self, layout: &Layout<'_>) -> askama::Result<String> {
        Text { mail: self, layout }.render()
    }
}
