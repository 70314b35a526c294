//! An annotation job: what is known of it ([`Job`]), how it may change ([`Change`]), and what its
//! owner sees of it ([`JobView`]).

mod change;
mod deletion;
mod due;
mod list;
mod parts;
mod results;
pub mod step;
mod view;

pub use change::{Change, Refused};
pub use deletion::{ArchiveRemains, Deletion};
pub use list::{
    JobList, JobListEntry, ListQuery, ListSort, Overview, PAGE_SIZES, QueuePosition,
    ResultLocation, SortKey, pages,
};
pub use parts::{Part, Parts};
pub use results::{Archived, Results, ResultsChange, Retrieval, Stored, Tier};
pub use view::{JobView, ResultsView, StateView};

use crate::{FileName, JobId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Where an object lies in S3.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectLocation {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

/// An annotation job.
///
/// A value of this type is one version of the job's row. [`Job::apply`] makes the next version;
/// the store writes it only if the row still has the version it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// Who submitted it.
    pub owner: UserId,
    /// The uploaded file.
    pub input: Input,
    /// When the upload was asked for, in whole seconds.
    pub submitted_at: Timestamp,
    /// Grows by one with every change; the first version is 1.
    pub version: u64,
    /// When somebody last looked at this state because it was overdue.
    pub reconciled_at: Option<Timestamp>,
    /// Where in its life the job is.
    pub state: JobState,
}

/// The file that a job annotates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name as the user knows it.
    pub name: FileName,
    /// Where it is uploaded to.
    pub file: ObjectLocation,
    /// Its size in bytes, known once it is uploaded.
    pub size: Option<u64>,
    /// When it was found in S3, in whole seconds; since then the job is queued.
    pub uploaded_at: Option<Timestamp>,
}

/// The state of a job, with what is known only in that state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// The browser was given a ticket and has not confirmed the upload.
    Uploading {
        /// The upload in parts; `None` where the file comes in one request.
        parts: Option<Parts>,
    },
    /// Waits for a worker.
    Pending {
        /// Since when; a worker that gave the job back does not count.
        since: Timestamp,
    },
    /// A worker has claimed it.
    Running(Run),
    /// Annotated.
    Completed(Completion),
    /// Could not be annotated.
    Failed(Failure),
    /// Stopped by its owner.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

/// One worker's hold on a job. A worker that lost its claim can no longer change the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimId(pub Uuid);

/// What is known while a worker runs the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Whose run it is.
    pub claim: ClaimId,
    /// When this attempt began.
    pub started_at: Timestamp,
    /// When the worker last showed that it lives.
    pub heartbeat_at: Timestamp,
    /// How far the engine is.
    pub progress: Progress,
}

/// How far the engine is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The engine's name for what it does now, such as `annotate`.
    pub step: String,
    /// The done part of the whole, 0 to 1000.
    pub permille: u16,
    /// VCF records annotated so far.
    pub records: u64,
}

/// What is known of an annotated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// When the successful attempt began.
    pub started_at: Timestamp,
    /// When the results were stored.
    pub completed_at: Timestamp,
    /// VCF records annotated.
    pub records: u64,
    /// The annotated file.
    pub results: Results,
    /// Its size in bytes.
    pub result_size: u64,
    /// The count log.
    pub log: ObjectLocation,
}

/// Why a job could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Whose move it is now.
    pub kind: FailureKind,
    /// What happened, where, and what to do, in words for the user.
    pub reason: String,
}

/// Whose move it is after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureKind {
    /// The file must be mended.
    Input,
    /// GAS failed; the same file may work later.
    Service,
}

/// The name of a state, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "see the variants of JobState")]
pub enum JobStatus {
    Uploading,
    Pending,
    Running,
    Completed,
    Failed,
    Cancelled,
}

impl JobStatus {
    /// All states, in the order of a job's life.
    pub const ALL: [Self; 6] = [
        Self::Uploading,
        Self::Pending,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The spelling in DynamoDB's `job_status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "UPLOADING",
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether the annotation is over, one way or another.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A `job_status` that is none of [`JobStatus::ALL`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown job status {0:?}")]
pub struct UnknownStatus(String);

impl FromStr for JobStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

impl JobState {
    /// The state's name.
    pub const fn status(&self) -> JobStatus {
        match self {
            Self::Uploading { .. } => JobStatus::Uploading,
            Self::Pending { .. } => JobStatus::Pending,
            Self::Running(_) => JobStatus::Running,
            Self::Completed(_) => JobStatus::Completed,
            Self::Failed(_) => JobStatus::Failed,
            Self::Cancelled { .. } => JobStatus::Cancelled,
        }
    }
}

impl Job {
    /// A job that waits for its upload.
    pub fn new(
        id: JobId,
        owner: UserId,
        name: FileName,
        file: ObjectLocation,
        submitted_at: Timestamp,
    ) -> Self {
        let input = Input { name, file, size: None, uploaded_at: None };
        let (version, reconciled_at) = (1, None);
        let state = JobState::Uploading { parts: None };
        Self { id, owner, input, submitted_at, version, reconciled_at, state }
    }

    /// The new job, for a file that comes in parts.
    pub fn in_parts(self, parts: Parts) -> Self {
        Self { state: JobState::Uploading { parts: Some(parts) }, ..self }
    }

    /// The name of the job's state.
    pub const fn status(&self) -> JobStatus {
        self.state.status()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_spellings_round_trip_in_text_and_json() {
        for status in JobStatus::ALL {
            assert_eq!(status.as_str().parse::<JobStatus>().unwrap(), status);
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert!("DONE".parse::<JobStatus>().is_err());
    }
}
