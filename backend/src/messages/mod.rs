//! The bodies of the messages that GAS sends itself, as JSON.

mod thaw_completed;

pub use thaw_completed::{ThawCompleted, ThawMessage, ThawMessageError};

use gas_shared::{JobId, JobStatus, LiveEvent, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// On topic `job_requests`: a job waits for a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// The job. Everything else is read from its row, which is the truth.
    pub job_id: JobId,
}

/// On topic `job_results`: a job is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobResult {
    /// The job.
    pub job_id: JobId,
    /// Its owner.
    pub user_id: UserId,
    /// How it ended.
    pub job_status: JobStatus,
}

/// On topic `job_events`: something that a user's browsers are to see at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserEvent {
    /// Whose browsers.
    pub user_id: UserId,
    /// What they see.
    pub event: LiveEvent,
}

/// In queue `archive`: the time to download a job's result is over, or the job was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveRequest {
    /// The job. What is to be done is read from its row and its owner's plan.
    pub job_id: JobId,
}

/// On topic `start_thaw`: a user's archived results are to come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartThaw {
    /// The user. Whether they may have them is read from their profile.
    pub user_id: UserId,
}

/// On topic `notices`: something that a user is told of by mail, besides [`JobResult`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A job's result went to the archive.
    ResultsArchived {
        /// The job.
        job_id: JobId,
        /// Its owner.
        user_id: UserId,
        /// When: tells one archiving of a job from the next.
        at: Timestamp,
    },
    /// A job's result is back from the archive.
    ResultsRestored {
        /// The job.
        job_id: JobId,
        /// Its owner.
        user_id: UserId,
        /// When.
        at: Timestamp,
    },
    /// A user is on Premium now.
    Welcome {
        /// The user.
        user_id: UserId,
        /// Since when.
        since: Timestamp,
    },
    /// A payment failed.
    PaymentFailed {
        /// Who was to pay.
        user_id: UserId,
        /// Stripe's id of the invoice.
        invoice: String,
    },
}
