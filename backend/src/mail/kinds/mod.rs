//! The kinds of mail, one module each.
//!
//! A mail is registered in this file: its module, a variant of [`Notice`] for the event, and an arm in each
//! function of notices. CONTRIBUTING.md has the whole recipe.

mod job_failed;
mod jobs_ended;
mod payment_failed;
mod reference_failed;
mod reference_ready;
mod results_archived;
mod results_ready;
mod results_restored;
mod welcome;

use super::context::{MailContext, Outdated};
use super::template::MailTemplate;
use gas_shared::job::JobState;
use gas_shared::private_reference::PrivateReferenceState;
use gas_shared::reference::ReferenceId;
use gas_shared::{JobId, JobMails, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A message of topic `notices`: an event, other than the end of a job, that a user gets a mail
/// about. The JSON form is stored and sent, so existing variants must stay readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A job's result was archived.
    ResultsArchived {
        /// The job.
        job_id: JobId,
        /// Its owner.
        user_id: UserId,
        /// The time of archiving. A job may be archived more than once.
        at: Timestamp,
    },
    /// A job's result was restored from the archive.
    ResultsRestored {
        /// The job.
        job_id: JobId,
        /// Its owner.
        user_id: UserId,
        /// The time of restoring.
        at: Timestamp,
    },
    /// A user changed to Premium.
    Welcome {
        /// The user.
        user_id: UserId,
        /// The time of the change.
        since: Timestamp,
    },
    /// A payment failed.
    PaymentFailed {
        /// The user who was to pay.
        user_id: UserId,
        /// Stripe's id of the invoice.
        invoice: String,
    },
    /// The build of a private reference has ended: the reference is ready, or has failed. There is no notice about an
    /// upload that its owner has abandoned.
    ReferenceBuilt {
        /// The owner.
        user_id: UserId,
        /// The reference. How its build has ended is read from its row, which is authoritative.
        reference: ReferenceId,
        /// The build. The owner may have deleted the reference and added another one.
        build: Uuid,
    },
}

impl Notice {
    /// The recipient.
    pub fn user_id(&self) -> UserId {
        match self {
            Self::ResultsArchived { user_id, .. }
            | Self::ResultsRestored { user_id, .. }
            | Self::Welcome { user_id, .. }
            | Self::PaymentFailed { user_id, .. }
            | Self::ReferenceBuilt { user_id, .. } => *user_id,
        }
    }

    /// The job that the event is about, if it is about one.
    pub fn job_id(&self) -> Option<JobId> {
        match self {
            Self::ResultsArchived { job_id, .. } | Self::ResultsRestored { job_id, .. } => {
                Some(*job_id)
            }
            Self::Welcome { .. } | Self::PaymentFailed { .. } | Self::ReferenceBuilt { .. } => None,
        }
    }

    /// The private reference that the event is about, if it is about one.
    pub fn reference(&self) -> Option<&ReferenceId> {
        match self {
            Self::ReferenceBuilt { reference, .. } => Some(reference),
            _ => None,
        }
    }

    /// The key of the event: one mail is sent per key. Times in it are whole seconds, because rows
    /// store whole seconds while a message may carry a finer time of the same event.
    pub(super) fn key(&self) -> String {
        match self {
            Self::ResultsArchived { job_id, user_id, at } => {
                format!("results-archived/{user_id}/{job_id}/{}", at.as_second())
            }
            Self::ResultsRestored { job_id, user_id, at } => {
                format!("results-restored/{user_id}/{job_id}/{}", at.as_second())
            }
            Self::Welcome { user_id, since } => {
                format!("welcome/{user_id}/{}", since.as_second())
            }
            // Stripe tries an invoice several times; the user gets one mail.
            Self::PaymentFailed { user_id, invoice } => {
                format!("payment-failed/{user_id}/{invoice}")
            }
            Self::ReferenceBuilt { user_id, reference, build } => {
                format!("reference-built/{user_id}/{reference}/{build}")
            }
        }
    }
}

/// The mail about the end of a job. The job's row decides between success and failure.
pub(super) fn for_job_result(context: &MailContext<'_>) -> Result<Box<dyn MailTemplate>, Outdated> {
    Ok(match &context.job()?.state {
        JobState::Completed(_) => Box::new(results_ready::ResultsReady::new(context)?),
        JobState::Failed(failure) => Box::new(job_failed::JobFailed::new(context, failure)?),
        _ => return Err(Outdated("the job was cancelled or has not ended")),
    })
}

/// The mail about the ends of several jobs, one for each context, with the reason why each of them that is not in the
/// mail is left out. `None` if none is in it.
pub(super) fn for_job_results(
    contexts: &[MailContext<'_>],
    wanted: JobMails,
) -> (Option<Box<dyn MailTemplate>>, Vec<Option<&'static str>>) {
    let (mail, left_out) = jobs_ended::JobsEnded::new(contexts, |kind| wanted.wants(kind));
    (mail.map(|mail| -> Box<dyn MailTemplate> { Box::new(mail) }), left_out)
}

/// The mail about a notice.
pub(super) fn for_notice(
    notice: &Notice,
    context: &MailContext<'_>,
) -> Result<Box<dyn MailTemplate>, Outdated> {
    Ok(match notice {
        Notice::ResultsArchived { at, .. } => {
            Box::new(results_archived::ResultsArchived::new(context, *at)?)
        }
        Notice::ResultsRestored { .. } => {
            Box::new(results_restored::ResultsRestored::new(context)?)
        }
        Notice::Welcome { .. } => Box::new(welcome::Welcome::new(context)?),
        Notice::PaymentFailed { invoice, .. } => {
            Box::new(payment_failed::PaymentFailed::new(context, invoice))
        }
        Notice::ReferenceBuilt { build, .. } => {
            let reference = context.private_reference(*build)?;
            let mail = context.mail_reference(reference);
            match &reference.state {
                PrivateReferenceState::Ready(built) => {
                    Box::new(reference_ready::ReferenceReady::new(mail, built))
                }
                PrivateReferenceState::Failed { reason } => {
                    Box::new(reference_failed::ReferenceFailed::new(mail, reason))
                }
                _ => return Err(Outdated("the reference is being deleted")),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_finer_time_of_the_same_event_gives_the_same_key() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let user_id = UserId::new(Uuid::from_u128(2));
        let key = |since| Notice::Welcome { user_id, since }.key();
        assert_eq!(key(at(1_790_000_000_700)), key(at(1_790_000_000_000)));
    }
}
