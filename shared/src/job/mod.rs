//! An annotation job: its data ([`Job`]), its state machine ([`Change`]), and the view that its owner
//! gets ([`JobView`]).

mod assembly_mismatch;
mod change;
mod coverage;
mod deletion;
mod due;
mod list;
pub mod organization;
mod parts;
mod result_form;
mod results;
mod retention;
mod sharded_run;
pub mod step;
mod stored_options;
mod view;

pub use assembly_mismatch::AssemblyMismatch;
pub use change::{Change, ChangeRejected};
pub use coverage::{CoverageProblem, CoverageWarning, NotAnnotated};
pub use deletion::{ArchiveRemains, Deletion};
pub use list::{
    JobList, JobListEntry, ListQuery, ListSort, MAX_CHOICES, Overview, PAGE_SIZES, QueuePosition,
    ResultLocation, SortKey, pages,
};
pub use organization::{
    Label, Labels, Note, Organization, OrganizationChange, OrganizationError, OrganizationRequest,
    ProjectName, Title,
};
pub use parts::{Part, Parts};
pub use result_form::ResultForm;
pub use results::{Archived, Results, ResultsChange, Retrieval, Stored, Tier};
pub use retention::{Retention, RetentionChange};
pub use sharded_run::{MAX_SHARDS, ShardCounts, ShardProgress, ShardedRun};
pub use stored_options::StoredOptions;
pub use view::{JobView, ResultsView, StateView};

use crate::exit_code::{NO_TRANSCRIPTS, NO_VARIANTS, NOTHING_ANNOTATED, WRONG_ASSEMBLY};
use crate::job_options::JobOptions;
use crate::{FileName, JobId, Provenance, TraceId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The location of an object in S3.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectLocation {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

/// An annotation job.
///
/// A value is one version of the job's row. [`Job::apply`] returns the next version; the job store
/// writes it only if the row still has the version that it was derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// The user who submitted it.
    pub owner: UserId,
    /// The uploaded file.
    pub input: Input,
    /// What its owner has chosen.
    pub options: StoredOptions,
    /// What its owner has added to find it again.
    pub organization: Organization,
    /// When the upload was requested, in whole seconds.
    pub submitted_at: Timestamp,
    /// Increases by one with every change; the first version is 1.
    pub version: u64,
    /// When the reconciler last acted on this state because it was overdue.
    pub reconciled_at: Option<Timestamp>,
    /// What retention has deleted since the job ended.
    pub retention: Retention,
    /// The trace of the request that created the job, by which the logs of all processes are searched. `None` in rows of
    /// older versions.
    pub trace: Option<TraceId>,
    /// The current state.
    pub state: JobState,
}

/// The file that a job annotates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The file name that the user chose.
    pub name: FileName,
    /// The upload's destination in S3.
    pub file: ObjectLocation,
    /// Its size in bytes: the announced one until the upload is confirmed. `None` if no file arrived,
    /// and before the confirmation in rows of older versions.
    pub size: Option<u64>,
    /// Its entity tag in S3 when the upload was confirmed. `None` before, and in rows of older
    /// versions. A worker rejects an object with another tag: somebody replaced it.
    pub etag: Option<String>,
    /// When it was found in S3, in whole seconds. The job has been queued since then.
    pub uploaded_at: Option<Timestamp>,
}

/// The end of a log of which only the first MiB is shown.
pub const LOG_CUT: &str = "\nThe log continues.\n";

/// The state of a job, with the data that exists only in that state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most jobs are completed, so a box saves nothing")]
pub enum JobState {
    /// The client has an upload ticket and has not confirmed the upload yet, or the service copies the file from a URL or for another run.
    Uploading {
        /// The multipart upload; `None` if the file is sent in one request.
        parts: Option<Parts>,
    },
    /// Waiting for a worker.
    Pending {
        /// When the job was queued. A later release by a worker does not change it.
        since: Timestamp,
    },
    /// Claimed by a worker.
    Running(Run),
    /// Annotated successfully.
    Completed(Completion),
    /// Not annotated, because of an error.
    Failed(Failure),
    /// Cancelled by its owner.
    Cancelled {
        /// When it was cancelled.
        at: Timestamp,
    },
}

/// A worker's exclusive right to run a job. Every change by a worker that has lost its claim is
/// rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimId(pub Uuid);

/// The data of a run in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The claim of the worker that runs it.
    pub claim: ClaimId,
    /// When this attempt began.
    pub started_at: Timestamp,
    /// When the worker sent its last heartbeat.
    pub heartbeat_at: Timestamp,
    /// How often the engine has failed at this job for a reason other than the input. Restarts of
    /// workers and outages of services do not count.
    pub engine_failures: u32,
    /// The engine's progress.
    pub progress: Progress,
    /// The shards, if several workers annotate the file. They share the claim, and no worker can take
    /// the run over.
    pub shards: Option<ShardedRun>,
}

/// The progress of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The current step; see [`step`]. The engine names its own steps, such as `annotate`.
    pub step: String,
    /// The completed fraction, 0 to 1000.
    pub permille: u16,
    /// VCF records annotated so far.
    pub records: u64,
}

/// The outcome of a successful run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// When the successful attempt began.
    pub started_at: Timestamp,
    /// When the results were stored.
    pub completed_at: Timestamp,
    /// VCF records of the file.
    pub records: u64,
    /// Those without annotation. `None` if the engine does not count them, and in rows of older
    /// versions.
    pub not_annotated: Option<NotAnnotated>,
    /// What it was annotated with. `None` in rows of older versions, and if the reference has no manifest.
    pub provenance: Option<Provenance>,
    /// The annotated file.
    pub results: Results,
    /// Its size in bytes.
    pub result_size: u64,
    /// The count log.
    pub log: ObjectLocation,
}

impl Completion {
    /// Whether the owner is warned that the result is incomplete ([`NotAnnotated::has_warnings`]).
    pub fn has_warnings(&self) -> bool {
        self.not_annotated.is_some_and(|gaps| gaps.has_warnings())
    }

    /// VCF records that are annotated; all, if the others are not counted.
    pub fn annotated(&self) -> u64 {
        self.records.saturating_sub(self.not_annotated.unwrap_or_default().total())
    }
}

/// The outcome of a failed job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When the job failed.
    pub at: Timestamp,
    /// Who has to act now.
    pub kind: FailureKind,
    /// The message for the user: what happened, where, and what to do.
    pub reason: String,
    /// The engine's code of a problem of the file, such as `bad_position`. `None` for other failures,
    /// and in rows of older versions.
    pub code: Option<String>,
    /// The assemblies, if that of the file is known to be another one than that of the reference.
    pub mismatch: Option<AssemblyMismatch>,
}

/// The [`Failure::code`] of a job whose reference does not exist any more, or is retired.
pub const REFERENCE_UNAVAILABLE: &str = "reference_unavailable";

/// The [`Failure::code`] of a job one of whose sources does not exist any more, or is retired.
pub const SOURCE_UNAVAILABLE: &str = "source_unavailable";

/// The [`Failure::code`] of a job with options that the annotator of the service does not take.
pub const OPTIONS_UNAVAILABLE: &str = "options_unavailable";

/// The [`Failure::code`] of a job that needs more disk space than any machine of the service has.
pub const SERVICE_TOO_SMALL: &str = "service_too_small";

/// The [`Failure::code`]s of valid files of which nothing could be annotated with the chosen reference and
/// options, or which the service cannot run.
pub const UNCHARGED_CODES: [&str; 8] = [
    NOTHING_ANNOTATED,
    WRONG_ASSEMBLY,
    NO_TRANSCRIPTS,
    NO_VARIANTS,
    REFERENCE_UNAVAILABLE,
    SOURCE_UNAVAILABLE,
    OPTIONS_UNAVAILABLE,
    SERVICE_TOO_SMALL,
];

impl Failure {
    /// Whether the job counts towards its owner's quota: only if its file was at fault, since it is invalid,
    /// was replaced, or exceeds a limit.
    pub fn is_charged(&self) -> bool {
        self.kind == FailureKind::Input
            && !self.code.as_deref().is_some_and(|code| UNCHARGED_CODES.contains(&code))
    }
}

/// Who has to act after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureKind {
    /// The user: the file must be fixed.
    Input,
    /// The operator: GAS failed, and the same file may succeed later.
    Service,
}

/// The name of a state, in its stored spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "JobState documents the variants")]
pub enum JobStatus {
    Uploading,
    Pending,
    Running,
    Completed,
    Failed,
    Cancelled,
}

impl JobStatus {
    /// All states, in life-cycle order.
    pub const ALL: [Self; 6] = [
        Self::Uploading,
        Self::Pending,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The spelling in the DynamoDB attribute `job_status`.
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

    /// Whether the job has ended: no worker will change it any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A `job_status` that is not in [`JobStatus::ALL`].
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

    /// When the job ended; `None` before.
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Uploading { .. } | Self::Pending { .. } | Self::Running(_) => None,
            Self::Completed(done) => Some(done.completed_at),
            Self::Failed(failure) => Some(failure.at),
            Self::Cancelled { at } => Some(*at),
        }
    }
}

impl Job {
    /// Creates a job that waits for its upload.
    pub fn new(
        id: JobId,
        owner: UserId,
        name: FileName,
        file: ObjectLocation,
        submitted_at: Timestamp,
    ) -> Self {
        let input = Input { name, file, size: None, etag: None, uploaded_at: None };
        Self {
            id,
            owner,
            input,
            options: StoredOptions::default(),
            organization: Organization::default(),
            submitted_at,
            version: 1,
            reconciled_at: None,
            retention: Retention::default(),
            trace: None,
            state: JobState::Uploading { parts: None },
        }
    }

    /// Sets the announced size of a new job's file, in bytes.
    pub fn of_size(mut self, size: u64) -> Self {
        self.input.size = Some(size);
        self
    }

    /// Sets the trace that a new job belongs to.
    pub fn traced(self, trace: Option<TraceId>) -> Self {
        Self { trace, ..self }
    }

    /// Sets the options of a new job.
    pub fn with(mut self, options: JobOptions) -> Self {
        self.options = StoredOptions::Known(options);
        self
    }

    /// Sets what the owner has added to the job that a new one repeats.
    pub fn organized(self, organization: Organization) -> Self {
        Self { organization, ..self }
    }

    /// Turns a new job into one whose file is sent as a multipart upload.
    pub fn in_parts(self, parts: Parts) -> Self {
        Self { state: JobState::Uploading { parts: Some(parts) }, ..self }
    }

    /// The name of the job's state.
    pub const fn status(&self) -> JobStatus {
        self.state.status()
    }

    /// The bytes of the file that the service has copied, while it copies the file from a URL or for another run.
    pub fn copied_bytes(&self) -> Option<u64> {
        match &self.state {
            JobState::Uploading { parts: Some(parts) } => parts.copied,
            _ => None,
        }
    }

    /// When retention deleted the input; `None` if there never was one.
    pub fn input_deleted_at(&self) -> Option<Timestamp> {
        self.retention.input_deleted_at.filter(|_| self.input.size.is_some())
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
