//! When somebody should look at a job if nothing happens to it.
//!
//! Messages and timers can get lost. Each version of a job therefore says when it is overdue; the
//! reconciler finds what is past that moment and sets it going again.

use super::{Job, JobState, Results, Tier};
use jiff::{SignedDuration, Timestamp};

/// An upload whose browser went away. Tickets are long over by then.
const UPLOADING: SignedDuration = SignedDuration::from_mins(30);
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

impl Job {
    /// The moment after which this version of the job is overdue, or `None` where it may stay as
    /// it is for ever.
    pub fn due(&self) -> Option<Timestamp> {
        match &self.state {
            JobState::Uploading => Some(self.submitted_at + UPLOADING),
            JobState::Pending { since } => Some(*since + PENDING),
            JobState::Running(run) => Some(run.heartbeat_at + RUNNING),
            JobState::Completed(done) => match &done.results {
                Results::Stored(stored) => stored.until.map(|until| until + EXPIRED),
                Results::Archiving { stored, .. } => {
                    Some(stored.until.unwrap_or(done.completed_at) + EXPIRED)
                }
                Results::Archived { archived, leftover } => {
                    leftover.is_some().then(|| archived.at + LEFTOVER)
                }
                Results::Thawing { retrieval, .. } => Some(match retrieval.tier {
                    Tier::Expedited => retrieval.since + EXPEDITED,
                    Tier::Standard => retrieval.since + STANDARD,
                }),
            },
            JobState::Failed(_) | JobState::Cancelled { .. } => None,
        }
    }
}
