//! The view of a job that its owner gets: without buckets, object keys and claims.

use super::{
    AssemblyMismatch, FailureKind, Job, JobState, JobStatus, NotAnnotated, Organization, Progress,
    Results, ShardCounts, ShardedRun, StoredOptions, Tier,
};
use crate::{FileName, JobId, Provenance};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The owner's view of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    /// The job's id.
    pub id: JobId,
    /// The row's version; greater is newer.
    pub version: u64,
    /// The uploaded file's name.
    pub file_name: FileName,
    /// Its size in bytes, once known.
    pub size: Option<u64>,
    /// When the job was submitted.
    pub submitted_at: Timestamp,
    /// When its file arrived and it was queued.
    #[serde(default)]
    pub uploaded_at: Option<Timestamp>,
    /// When retention deleted the uploaded file.
    #[serde(default)]
    pub input_deleted_at: Option<Timestamp>,
    /// What its owner has chosen.
    #[serde(default, skip_serializing_if = "StoredOptions::is_default")]
    pub options: StoredOptions,
    /// What its owner has added to find it again.
    #[serde(default, skip_serializing_if = "Organization::is_empty")]
    pub organization: Organization,
    /// The bytes of the file that the service has copied, while it copies the file from a URL or for another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied: Option<u64>,
    /// The current state.
    pub state: StateView,
}

/// The owner's view of [`JobState`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "see JobState, Run, Completion and Failure")]
// Not `expect`: in WASM, pointers and so the difference are half as large.
#[allow(clippy::large_enum_variant, reason = "most jobs are completed, so a box saves nothing")]
pub enum StateView {
    Uploading,
    Pending,
    Running {
        started_at: Timestamp,
        progress: Progress,
        /// How much is annotated, if the file is annotated in shards.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shards: Option<ShardCounts>,
    },
    Completed {
        started_at: Timestamp,
        completed_at: Timestamp,
        records: u64,
        /// `None` if unknown, as for jobs of older versions.
        #[serde(default)]
        not_annotated: Option<NotAnnotated>,
        /// `None` if unknown, as for jobs of older versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provenance: Option<Provenance>,
        result_size: u64,
        results: ResultsView,
    },
    Failed {
        at: Timestamp,
        kind: FailureKind,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mismatch: Option<AssemblyMismatch>,
    },
    Cancelled {
        at: Timestamp,
    },
}

/// The owner's view of [`Results`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResultsView {
    /// Downloadable: by a Premium owner always, by a Free owner before `until`.
    Stored {
        /// See [`super::Stored::until`].
        until: Option<Timestamp>,
        /// See [`super::Stored::restored_at`].
        restored_at: Option<Timestamp>,
    },
    /// In the archive.
    Archived {
        /// When it was archived.
        at: Timestamp,
    },
    /// Being restored from the archive.
    Restoring {
        /// The speed of the retrieval.
        tier: Tier,
        /// When the retrieval was started.
        since: Timestamp,
        /// When it was archived.
        archived_at: Timestamp,
    },
}

impl JobView {
    /// The name that pages show: the title, or the name of the file.
    pub fn shown_name(&self) -> &str {
        self.organization.title.as_ref().map_or(self.file_name.as_str(), |title| title.as_str())
    }
}

impl StateView {
    /// The state's name.
    pub const fn status(&self) -> JobStatus {
        match self {
            Self::Uploading => JobStatus::Uploading,
            Self::Pending => JobStatus::Pending,
            Self::Running { .. } => JobStatus::Running,
            Self::Completed { .. } => JobStatus::Completed,
            Self::Failed { .. } => JobStatus::Failed,
            Self::Cancelled { .. } => JobStatus::Cancelled,
        }
    }

    /// Whether the job was completed with warnings ([`NotAnnotated::has_warnings`]).
    pub fn has_warnings(&self) -> bool {
        matches!(self, Self::Completed { not_annotated: Some(gaps), .. } if gaps.has_warnings())
    }
}

impl From<&Job> for JobView {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id,
            version: job.version,
            file_name: job.input.name.clone(),
            size: job.input.size,
            submitted_at: job.submitted_at,
            uploaded_at: job.input.uploaded_at,
            input_deleted_at: job.input_deleted_at(),
            options: job.options.clone(),
            organization: job.organization.clone(),
            copied: job.copied_bytes(),
            state: StateView::from(&job.state),
        }
    }
}

impl From<&JobState> for StateView {
    fn from(state: &JobState) -> Self {
        match state {
            JobState::Uploading { .. } => Self::Uploading,
            JobState::Pending { .. } => Self::Pending,
            JobState::Running(run) => Self::Running {
                started_at: run.started_at,
                progress: run.progress.clone(),
                shards: run.shards.as_ref().map(ShardedRun::counts),
            },
            JobState::Completed(done) => Self::Completed {
                started_at: done.started_at,
                completed_at: done.completed_at,
                records: done.records,
                not_annotated: done.not_annotated,
                provenance: done.provenance.clone(),
                result_size: done.result_size,
                results: ResultsView::from(&done.results),
            },
            JobState::Failed(failure) => Self::Failed {
                at: failure.at,
                kind: failure.kind,
                reason: failure.reason.clone(),
                mismatch: failure.mismatch.clone(),
            },
            JobState::Cancelled { at } => Self::Cancelled { at: *at },
        }
    }
}

impl From<&Results> for ResultsView {
    fn from(results: &Results) -> Self {
        match results {
            Results::Stored(stored) | Results::Archiving { stored, .. } => {
                Self::Stored { until: stored.until, restored_at: stored.restored_at }
            }
            Results::Archived { archived, .. } => Self::Archived { at: archived.at },
            Results::Thawing { archived, retrieval } => Self::Restoring {
                tier: retrieval.tier,
                since: retrieval.since,
                archived_at: archived.at,
            },
        }
    }
}
