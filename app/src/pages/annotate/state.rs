//! Where a file is on its way to a job: one function decides every step.

use super::pace::Pace;
use crate::error::{ApiError, ErrorCode};
use gas_shared::{JobId, JobView};

/// Where a file is.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Its beginning is being checked.
    Checking,
    /// It can never be annotated as it is.
    Refused(ApiError),
    /// Too large for the plan, though not for Premium: it waits for the upgrade.
    OverLimit,
    /// Waits until fewer files are being sent.
    Waiting,
    /// Being sent.
    Sending(Pace),
    /// The connection broke; in so many seconds it is tried again.
    Paused(Pace, u32),
    /// The user stopped it; its job is being cancelled.
    Stopping,
    /// It is stopped.
    Stopped,
    /// Could not be sent; that can be tried again.
    Failed(ApiError),
    /// S3 has it; the job is being queued.
    Confirming(JobId),
    /// S3 has it, but the job could not be queued; that can be tried again.
    Unconfirmed(JobId, ApiError),
    /// The job is queued.
    Submitted(Box<JobView>),
}

/// What happens to a file.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(any(feature = "web", test)), expect(dead_code, reason = "only browsers upload"))]
pub enum Event {
    /// The check found nothing against it.
    Passed,
    /// The check found what is wrong with it.
    Refused(ApiError),
    /// The plan does not take it, and Premium would.
    TooLarge,
    /// The plan takes it now.
    LimitRaised,
    /// It is its turn to be sent.
    Started {
        /// Its size in bytes.
        size: u64,
    },
    /// S3 has got so much of it.
    Sent {
        /// In bytes.
        bytes: u64,
        /// Now, in milliseconds.
        now: f64,
    },
    /// The connection broke.
    Broke {
        /// In how many seconds it is tried again.
        pause: u32,
    },
    /// It is tried again now.
    Resumed,
    /// It could not be sent.
    Failed(ApiError),
    /// The user stops it.
    Stop,
    /// Its job is cancelled.
    Stopped,
    /// S3 has all of it.
    Arrived(JobId),
    /// The job is queued.
    Confirmed(Box<JobView>),
    /// The job could not be queued.
    Unconfirmed(ApiError),
    /// The user wants to try again.
    TryAgain,
}

/// How the way of a file ends before it has arrived.
#[derive(Clone, Debug, PartialEq)]
#[cfg(feature = "web")]
pub enum End {
    /// The user stopped it.
    Stopped,
    /// It cannot be sent.
    Failed(ApiError),
}

impl State {
    /// The state after an event. One that has no meaning now, such as news of a request that was
    /// given up meanwhile, changes nothing.
    #[must_use]
    pub fn after(self, event: Event) -> Self {
        match (self, event) {
            (Self::Checking, Event::Passed) => Self::Waiting,
            (Self::Checking, Event::Refused(error)) => Self::Refused(error),
            (Self::Checking, Event::TooLarge) => Self::OverLimit,
            (Self::OverLimit, Event::LimitRaised) => Self::Waiting,
            (Self::Waiting, Event::Started { size }) => Self::Sending(Pace::new(size)),
            (Self::Sending(pace) | Self::Paused(pace, _), Event::Sent { bytes, now }) => {
                Self::Sending(pace.after(bytes, now))
            }
            (Self::Sending(pace), Event::Broke { pause }) => Self::Paused(pace.broken(), pause),
            (Self::Paused(pace, _), Event::Resumed) => Self::Sending(pace),
            (Self::Sending(_) | Self::Paused(..), Event::Failed(error)) => match error.code {
                // The plan has changed since it was checked.
                ErrorCode::OverLimit => Self::OverLimit,
                _ => Self::Failed(error),
            },
            (Self::Sending(_) | Self::Paused(..), Event::Stop) => Self::Stopping,
            // A file that had arrived in the same moment has a job, which can be cancelled there.
            (Self::Sending(_) | Self::Paused(..) | Self::Stopping, Event::Arrived(job)) => {
                Self::Confirming(job)
            }
            (Self::Stopping, Event::Stopped | Event::Failed(_)) => Self::Stopped,
            (Self::Failed(_) | Self::Stopped, Event::TryAgain) => Self::Waiting,
            (Self::Confirming(_), Event::Confirmed(job)) => Self::Submitted(job),
            (Self::Confirming(id), Event::Unconfirmed(error)) => Self::Unconfirmed(id, error),
            (Self::Unconfirmed(id, _), Event::TryAgain) => Self::Confirming(id),
            (unchanged, _) => unchanged,
        }
    }

    /// Whether it takes one of the places of files that are being sent.
    pub const fn is_sending(&self) -> bool {
        matches!(self, Self::Sending(_) | Self::Paused(..) | Self::Stopping | Self::Confirming(_))
    }

    /// Whether it would be lost if the window were closed now.
    #[cfg_attr(not(any(feature = "web", test)), expect(dead_code, reason = "only browsers close"))]
    pub const fn is_under_way(&self) -> bool {
        self.is_sending() || matches!(self, Self::Waiting)
    }

    /// Whether it can be taken off the list.
    pub const fn is_at_rest(&self) -> bool {
        !self.is_sending()
    }

    /// The state in a word, for style sheets and tests.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Refused(_) => "refused",
            Self::OverLimit => "over-limit",
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
