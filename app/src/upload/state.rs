//! The state machine of one file's upload. [`UploadState::after`] decides every transition.

use super::rate::TransferRate;
use crate::error::{ApiError, ErrorCode};
use gas_shared::{JobId, JobView};

/// The state of a file's upload.
#[derive(Clone, Debug, PartialEq)]
pub enum UploadState {
    /// The beginning of the file is being checked.
    Checking,
    /// The file cannot be annotated as it is.
    Rejected(ApiError),
    /// The file is too large for the user's plan but not for Premium. It waits for the upgrade.
    OverLimit,
    /// The user checks the reference and the options before the file is sent.
    Review,
    /// The file waits for another upload to end.
    Waiting,
    /// The file is being sent.
    Sending(TransferRate),
    /// The connection was lost. The transfer is retried after a pause in seconds.
    Paused(TransferRate, u32),
    /// The user stopped the upload, and its job is being cancelled.
    Stopping,
    /// The upload is stopped.
    Stopped,
    /// The transfer failed. The user can retry it.
    Failed(ApiError),
    /// S3 has the file, and the job is being queued.
    Confirming(JobId),
    /// S3 has the file, but queueing the job failed. The user can retry it.
    Unconfirmed(JobId, ApiError),
    /// The job is queued.
    Submitted(Box<JobView>),
}

/// An event in a file's upload.
#[derive(Clone, Debug, PartialEq)]
pub enum UploadEvent {
    /// The check found no problem.
    Passed,
    /// The check found no problem, and the user decides about the options.
    ReviewRequired,
    /// The user has reviewed the options.
    Reviewed,
    /// The check found a problem.
    Rejected(ApiError),
    /// The file exceeds the limit of the user's plan but not that of Premium.
    TooLarge,
    /// The user's plan allows the file now.
    LimitRaised,
    /// The transfer starts.
    Started {
        /// The file's size in bytes.
        size: u64,
    },
    /// S3 has received part of the file.
    Sent {
        /// The number of bytes received in total.
        bytes: u64,
        /// The current time in milliseconds.
        now: f64,
    },
    /// The connection was lost.
    Interrupted {
        /// The pause before the retry, in seconds.
        pause: u32,
    },
    /// The transfer is being retried.
    Resumed,
    /// The transfer failed.
    Failed(ApiError),
    /// The user stops the upload.
    Stop,
    /// The job of a stopped upload is cancelled.
    Stopped,
    /// S3 has the entire file.
    Arrived(JobId),
    /// The job is queued.
    Confirmed(Box<JobView>),
    /// Queueing the job failed.
    Unconfirmed(ApiError),
    /// The user retries a failed step.
    Retry,
}

impl UploadState {
    /// The state after an event. An event that does not apply to the current state, such as progress
    /// of an abandoned request, changes nothing.
    #[must_use]
    pub fn after(self, event: UploadEvent) -> Self {
        use UploadEvent as Event;
        match (self, event) {
            (Self::Checking, Event::Passed) => Self::Waiting,
            (Self::Checking | Self::OverLimit, Event::ReviewRequired) => Self::Review,
            (Self::Review, Event::Reviewed) => Self::Waiting,
            (Self::Checking, Event::Rejected(error)) => Self::Rejected(error),
            (Self::Checking, Event::TooLarge) => Self::OverLimit,
            (Self::OverLimit, Event::LimitRaised) => Self::Waiting,
            (Self::Waiting, Event::Started { size }) => Self::Sending(TransferRate::new(size)),
            (Self::Sending(rate) | Self::Paused(rate, _), Event::Sent { bytes, now }) => {
                Self::Sending(rate.after(bytes, now))
            }
            (Self::Sending(rate), Event::Interrupted { pause }) => {
                Self::Paused(rate.interrupted(), pause)
            }
            (Self::Paused(rate, _), Event::Resumed) => Self::Sending(rate),
            (Self::Sending(_) | Self::Paused(..), Event::Failed(error)) => match error.code {
                // The plan has changed since the check.
                ErrorCode::OverLimit => Self::OverLimit,
                _ => Self::Failed(error),
            },
            (Self::Sending(_) | Self::Paused(..), Event::Stop) => Self::Stopping,
            // A file that arrived just before it was stopped has a job, which can be cancelled there.
            (Self::Sending(_) | Self::Paused(..) | Self::Stopping, Event::Arrived(job)) => {
                Self::Confirming(job)
            }
            (Self::Stopping, Event::Stopped | Event::Failed(_)) => Self::Stopped,
            (Self::Failed(_) | Self::Stopped, Event::Retry) => Self::Waiting,
            (Self::Confirming(_), Event::Confirmed(job)) => Self::Submitted(job),
            (Self::Confirming(id), Event::Unconfirmed(error)) => Self::Unconfirmed(id, error),
            (Self::Unconfirmed(id, _), Event::Retry) => Self::Confirming(id),
            (unchanged, _) => unchanged,
        }
    }

    /// Whether the upload counts toward the limit of simultaneous transfers.
    pub const fn is_sending(&self) -> bool {
        matches!(self, Self::Sending(_) | Self::Paused(..) | Self::Stopping | Self::Confirming(_))
    }

    /// Whether closing the page now would lose the upload.
    pub const fn is_unfinished(&self) -> bool {
        self.is_sending() || matches!(self, Self::Waiting)
    }

    /// Whether the file can be removed from the queue.
    pub const fn is_removable(&self) -> bool {
        !self.is_sending()
    }

    /// What screen readers announce when a file of this name enters the state. States with a problem are alerts of the
    /// page, the page counts the submitted files, and the others are brief.
    pub fn announcement(&self, name: &str) -> Option<String> {
        match self {
            Self::Review => Some(format!("Check the options of {name}")),
            Self::Sending(_) => Some(format!("Uploading {name}")),
            Self::Paused(..) => {
                Some(format!("Connection lost. The upload of {name} is tried again."))
            }
            Self::Stopped => Some(format!("The upload of {name} is cancelled")),
            Self::Checking
            | Self::Rejected(_)
            | Self::OverLimit
            | Self::Waiting
            | Self::Stopping
            | Self::Failed(_)
            | Self::Confirming(_)
            | Self::Unconfirmed(..)
            | Self::Submitted(_) => None,
        }
    }

    /// The name of the state, for style sheets and tests.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Rejected(_) => "rejected",
            Self::OverLimit => "over-limit",
            Self::Review => "review",
            Self::Waiting => "waiting",
            Self::Sending(_) => "sending",
            Self::Paused(..) => "paused",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
            Self::Confirming(_) => "confirming",
            Self::Unconfirmed(..) => "unconfirmed",
            Self::Submitted(_) => "submitted",
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
