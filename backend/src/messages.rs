//! The bodies of the messages that GAS sends itself, as JSON.

use gas_shared::{JobId, JobStatus, JobView, UserId};
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

/// On topic `job_events`: a job is now so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobEvent {
    /// Whose browsers are to see it.
    pub user_id: UserId,
    /// The job as its owner sees it.
    pub job: JobView,
}
