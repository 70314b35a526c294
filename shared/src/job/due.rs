//! The deadline of each state.
//!
//! Messages and timers can get lost. Every version of a job therefore has a deadline, after which the
//! reconciler repeats the step that should have happened.

use super::{Job, JobState, Results, Tier};
use jiff::{SignedDuration, Timestamp};

/// A single-request upload that the client abandoned. Its ticket expired long before.
const UPLOADING: SignedDuration = SignedDuration::from_mins(30);
/// A multipart upload that the client abandoned: for one day it may resume. The lifecycle rule of the
/// inputs bucket aborts what remains, always later than this, since S3 rounds its one day up to the
/// next midnight UTC (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>).
const UPLOADING_IN_PARTS: SignedDuration = SignedDuration::from_hours(24);
/// A job that no worker claimed: the process that confirmed its upload may have died before it recorded the
/// job as waiting. That the message is lost, or the queue is long, is looked at [`RECONCILE_INTERVAL`] later.
const PENDING: SignedDuration = SignedDuration::from_mins(2);
/// A run without a heartbeat. Another worker may take it over much earlier.
const RUNNING: SignedDuration = SignedDuration::from_mins(5);
/// A result whose download window has ended and that is not archived yet.
const EXPIRED: SignedDuration = SignedDuration::from_mins(2);
/// An archived S3 object that is not deleted yet.
const LEFTOVER: SignedDuration = SignedDuration::from_mins(5);
/// An expedited retrieval takes 5 minutes at most, and up to 20 for the largest files.
const EXPEDITED: SignedDuration = SignedDuration::from_mins(60);
/// A standard retrieval takes 5 hours at most.
const STANDARD: SignedDuration = SignedDuration::from_hours(6);
/// An ended job that retention has not looked at. No worker is at work on it by then.
const ENDED: SignedDuration = SignedDuration::from_hours(24);

/// The time between two attempts of the reconciler to continue the same job.
const RECONCILE_INTERVAL: SignedDuration = SignedDuration::from_mins(60);

impl Job {
    /// The time from which this version of the job is overdue; `None` if it may stay in this state
    /// indefinitely.
    pub fn due(&self) -> Option<Timestamp> {
        let due = self.state.due(self.submitted_at).or_else(|| self.retention_due())?;
        Some(self.reconciled_at.map_or(due, |reconciled| due.max(reconciled + RECONCILE_INTERVAL)))
    }

    /// Whether the job has ended and no step follows for its result: only retention may be due.
    pub fn is_at_rest(&self) -> bool {
        self.state.due(self.submitted_at).is_none()
    }

    fn retention_due(&self) -> Option<Timestamp> {
        if self.retention.logs_deleted_at.is_some() {
            return None;
        }
        let ended_at = self.state.ended_at()?;
        Some(self.retention.check_at.unwrap_or(ended_at + ENDED))
    }
}

impl JobState {
    fn due(&self, submitted_at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Uploading { parts: None } => Some(submitted_at + UPLOADING),
            Self::Uploading { parts: Some(_) } => Some(submitted_at + UPLOADING_IN_PARTS),
            Self::Pending { since } => Some(*since + PENDING),
            Self::Running(run) => Some(run.heartbeat_at + RUNNING),
            Self::Completed(done) => done.results.due(done.completed_at),
            Self::Failed(_) | Self::Cancelled { .. } => None,
        }
    }
}

impl Results {
    fn due(&self, completed_at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Stored(stored) => stored.until.map(|until| until + EXPIRED),
            Self::Archiving { stored, .. } => Some(stored.until.unwrap_or(completed_at) + EXPIRED),
            Self::Archived { archived, leftover } => {
                leftover.is_some().then(|| archived.at + LEFTOVER)
            }
            Self::Thawing { retrieval, .. } => Some(match retrieval.tier {
                Tier::Expedited => retrieval.since + EXPEDITED,
                Tier::Standard => retrieval.since + STANDARD,
            }),
        }
    }
}
