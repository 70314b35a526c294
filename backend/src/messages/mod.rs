//! The JSON bodies of the messages on topics and queues.

mod thaw_completed;

pub use thaw_completed::{ThawCompleted, ThawMessage, ThawMessageError};

use gas_shared::job::ClaimId;
use gas_shared::reference::ReferenceId;
use gas_shared::{JobId, JobStatus, LiveEvent, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// On topic `job_requests`: a job is ready for a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// The job. Everything else is read from its row, which is authoritative.
    pub job_id: JobId,
}

/// On topic `job_results`: a job has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobResult {
    /// The job.
    pub job_id: JobId,
    /// Its owner.
    pub user_id: UserId,
    /// How it ended.
    pub job_status: JobStatus,
}

/// On topic `job_events`: an event for open browsers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserEvent {
    /// The user whose browsers get it; `None` for all users. Processes of versions that do not know that ignore the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The event.
    pub event: LiveEvent,
}

/// In queue `archive`: the download window of a job's result has ended, or the job was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveRequest {
    /// The job. The action to take follows from its row and its owner's plan.
    pub job_id: JobId,
}

/// In queue `reference_builds`: a private reference is to be built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceBuild {
    /// The owner.
    pub user_id: UserId,
    /// The id of the reference. Everything else is read from its row, which is authoritative.
    pub reference: ReferenceId,
    /// The build that the row must have: the owner may have deleted the reference and added another one.
    pub build: Uuid,
}

/// In queue `shards`: a task of a run in shards, sent by the state machine `shards`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum ShardTask {
    /// A shard is to be annotated.
    Shard {
        /// The job.
        job_id: JobId,
        /// The claim of the run. The job's row must have it, or the task is void.
        claim: ClaimId,
        /// The token with which the state machine waits for the end of the task.
        token: String,
        /// The number of the shard, from 0.
        shard: u32,
    },
    /// All shards are annotated and are to be joined.
    Join {
        /// The job.
        job_id: JobId,
        /// The claim of the run.
        claim: ClaimId,
        /// The token of the task.
        token: String,
    },
    /// The state machine cannot go on. Nobody waits for the end of this task.
    Failed {
        /// The job.
        job_id: JobId,
        /// The claim of the run.
        claim: ClaimId,
        /// The error of the run, as Step Functions reports it (`Error` and `Cause`).
        error: serde_json::Value,
    },
}

/// On topic `start_thaw`: a user's archived results are to be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartThaw {
    /// The user. Whether they are entitled to it is read from their profile.
    pub user_id: UserId,
}
