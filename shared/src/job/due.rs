//! When somebody should look at a job if nothing happens to it.
//!
//! Messages and timers can get lost. Each version of a job therefore says when it is overdue; the
//! reconciler finds what is past that moment and sets it going again.

use super::{Job, JobState, Results, Tier};
use jiff::{SignedDuration, Timestamp};

/// An upload whose browser went away. Tickets are long over by then.
const UPLOADING: SignedDuration = SignedDuration::from_mins(30);
/// An upload in parts whose browser went away: it may come back for a day, and go on. What nobody ends
/// the inputs bucket's lifecycle rule does, later than this: S3 rounds its one day up to the next
/// midnight of UTC (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>).
const UPLOADING_IN_PARTS: SignedDuration = SignedDuration::from_hours(24);
/// A request that no worker took: perhaps the message is lost, perhaps there is a long queue.
const PENDING: SignedDuration = SignedDuration::from_mins(60);
/// A run without a sign of life; another worker may have it long before.
const RUNNING: SignedDuration = SignedDuration::from_mins(5);
/// A result that should have gone to the archive.
const EXPIRED: SignedDuration = SignedDuration::from_mins(2);
/// An S3 object that should have been deleted after it was archived.
const LEFTOVER: SignedDuration = SignedDuration::from_mins(5);
/// An expedited retrieval takes 5 minutes at most, and up to 20 for the largest files.
const EXPEDITED: SignedDuration = SignedDuration::from_mins(60);
/// A standard retrieval takes 5 hours at most.
const STANDARD: SignedDuration = SignedDuration::from_hours(6);

/// The time between two looks at a job that nobody goes on with.
const RECONCILE_INTERVAL: SignedDuration = SignedDuration::from_mins(60);

impl Job {
    /// The moment after which this version of the job is overdue, or `None` where it may stay as
    /// it is for ever.
    pub fn due(&self) -> Option<Timestamp> {
        let due = self.state.due(self.submitted_at)?;
        Some(self.reconciled_at.map_or(due, |reconciled| due.max(reconciled + RECONCILE_INTERVAL)))
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
