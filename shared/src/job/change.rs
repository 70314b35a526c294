//! The state machine of a job: which changes each state accepts.
//!
//! ```text
//! UPLOADING -> PENDING -> RUNNING -> COMPLETED
//!     |           |          |`----> FAILED      (RUNNING -> RUNNING: progress, or a new claim
//!     `-----------+----------`-----> CANCELLED    after the old one expired or was released)
//! ```
//! Within COMPLETED, a second state machine tracks the result file: see [`super::results`]. FAILED is
//! also reachable from UPLOADING and PENDING (the upload never arrived, or no worker could run the
//! job). States only move forward. Retention deletes files of ended jobs and
//! changes no state: see [`super::retention`]. Its owner can organize a job in every state: see
//! [`super::organization`].

use super::{
    AssemblyMismatch, ClaimId, Completion, Failure, FailureKind, Job, JobState, JobStatus,
    NotAnnotated, ObjectLocation, OrganizationChange, Parts, Progress, Results, ResultsChange,
    RetentionChange, Run, ShardProgress, ShardedRun,
};
use crate::Provenance;
use jiff::{SignedDuration, Timestamp};

/// An event that changes a job.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one value at a time, which is moved once")]
pub enum Change {
    /// The input file has arrived in S3.
    Uploaded {
        /// Its size in bytes.
        size: u64,
        /// Its entity tag in S3.
        etag: String,
    },
    /// The service has copied more of the file.
    Copied {
        /// The bytes copied so far.
        bytes: u64,
    },
    /// The job was overdue ([`Job::due`]), and the reconciler repeats the message that continues it.
    Reconciled,
    /// A worker claims the job.
    Claimed {
        /// The new claim.
        claim: ClaimId,
        /// A run whose last heartbeat is at least this old may be taken over.
        heartbeat_timeout: SignedDuration,
    },
    /// The claiming worker sends a heartbeat and reports its progress.
    Progressed {
        /// The worker's claim.
        claim: ClaimId,
        /// The progress.
        progress: Progress,
    },
    /// The claiming worker hands the run over to all workers, in shards.
    Sharded {
        /// The worker's claim, which the run keeps.
        claim: ClaimId,
        /// The number of shards.
        shards: u32,
    },
    /// A worker that annotates a shard sends a heartbeat.
    ShardAlive {
        /// The claim of the run.
        claim: ClaimId,
        /// The number of the shard and how much of it is annotated; `None` in the join.
        shard: Option<(u32, ShardProgress)>,
    },
    /// A shard is annotated. That it is reported again changes nothing else.
    ShardDone {
        /// The claim of the run.
        claim: ClaimId,
        /// The number of the shard, from 0.
        shard: u32,
        /// VCF records of the shard.
        records: u64,
    },
    /// The claiming worker returns the job unfinished, so that any worker may claim it immediately.
    Released {
        /// The worker's claim.
        claim: ClaimId,
        /// Whether the engine failed, so that the attempt counts.
        engine_failed: bool,
    },
    /// The claiming worker has stored the result and the logs.
    Completed {
        /// The worker's claim.
        claim: ClaimId,
        /// VCF records of the file.
        records: u64,
        /// Those without annotation, if the engine counts them.
        not_annotated: Option<NotAnnotated>,
        /// What it was annotated with.
        provenance: Option<Provenance>,
        /// The annotated file.
        result: ObjectLocation,
        /// Its size in bytes.
        result_size: u64,
        /// The count log.
        log: ObjectLocation,
        /// The end of a Free owner's download window; `None` for a Premium owner.
        until: Option<Timestamp>,
    },
    /// The claiming worker ends the job with an error, or another process ends a job that no worker
    /// can run.
    Failed {
        /// The worker's claim; `None` from other processes, accepted in every state that is not final.
        claim: Option<ClaimId>,
        /// Who has to act now.
        kind: FailureKind,
        /// The message for the user.
        reason: String,
        /// The engine's code of a problem of the file.
        code: Option<String>,
        /// The assemblies, if they differ.
        mismatch: Option<AssemblyMismatch>,
    },
    /// The owner cancels the job.
    Cancelled,
    /// The result file moves between S3 and the archive.
    Results(ResultsChange),
    /// The owner changes the title, the labels, the project or the note.
    Organized(OrganizationChange),
    /// Retention looked at a job that has ended.
    Retention(RetentionChange),
}

impl Change {
    /// The change as a past participle, for messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Uploaded { .. } => "uploaded",
            Self::Copied { .. } => "copied",
            Self::Reconciled => "reconciled",
            Self::Claimed { .. } => "claimed",
            Self::Progressed { .. } => "progressed",
            Self::Sharded { .. } => "sharded",
            Self::ShardAlive { .. } | Self::ShardDone { .. } => "annotated in shards",
            Self::Released { .. } => "released",
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
            Self::Results(change) => change.name(),
            Self::Organized(_) => "organized",
            Self::Retention(_) => "retained",
        }
    }
}

/// Why a change was rejected. The job is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRejected {
    /// The state machine has no such transition.
    #[error("a job that is {from} cannot be {change}")]
    Illegal {
        /// The job's state.
        from: JobStatus,
        /// [`Change::name`].
        change: &'static str,
    },
    /// The state machine of results has no such transition.
    #[error("results that are {from} cannot be {change}")]
    IllegalResults {
        /// The state of the results: [`Results::name`].
        from: &'static str,
        /// [`ResultsChange::name`].
        change: &'static str,
    },
    /// Another worker has claimed the job.
    #[error("the job is claimed by another worker")]
    ClaimLost,
    /// The claim has not expired: the worker still sends heartbeats.
    #[error("the job is already running")]
    StillRunning,
}

impl Job {
    /// Returns the next version of the job, after `change` at the time `now`.
    ///
    /// # Errors
    /// [`ChangeRejected`] if the state machine does not allow the change.
    pub fn apply(&self, change: Change, now: Timestamp) -> Result<Self, ChangeRejected> {
        let mut next = self.clone();
        next.version += 1;
        next.reconciled_at = None;
        match change {
            Change::Organized(change) => {
                // The state and its deadline stay as they are.
                next.reconciled_at = self.reconciled_at;
                next.organization = self.organization.with(change);
            }
            Change::Reconciled if !self.is_at_rest() => next.reconciled_at = Some(now),
            Change::Retention(change) if self.status().is_final() => {
                next.retention = self.retention.after(change, now);
            }
            Change::Uploaded { size, ref etag } => {
                next.input.size = Some(size);
                next.input.etag = Some(etag.clone());
                next.input.uploaded_at = Some(now);
                next.state = self.state_after(change, now)?;
            }
            Change::Copied { .. } => next.state = self.state_after(change, now)?,
            change => {
                next.state = self.state_after(change, now)?;
                if matches!(self.state, JobState::Uploading { .. }) {
                    // The upload has ended without a file, and its announced size counts no more.
                    next.input.size = None;
                }
            }
        }
        Ok(next)
    }

    fn state_after(&self, change: Change, now: Timestamp) -> Result<JobState, ChangeRejected> {
        let illegal = ChangeRejected::Illegal { from: self.status(), change: change.name() };
        match (&self.state, change) {
            (JobState::Uploading { .. }, Change::Uploaded { .. }) => {
                Ok(JobState::Pending { since: now })
            }
            (JobState::Uploading { parts: Some(parts) }, Change::Copied { bytes }) => {
                let parts = Parts { copied: Some(bytes.min(parts.size)), ..parts.clone() };
                Ok(JobState::Uploading { parts: Some(parts) })
            }
            (JobState::Pending { .. }, Change::Claimed { claim, .. }) => Ok(start(claim, now, 0)),
            (JobState::Running(run), Change::Claimed { claim, heartbeat_timeout }) => {
                let is_expired = now.duration_since(run.heartbeat_at) >= heartbeat_timeout;
                // Shards wait for workers without heartbeats; the reconciler looks after such a run.
                if !is_expired || run.shards.is_some() {
                    return Err(ChangeRejected::StillRunning);
                }
                Ok(start(claim, now, run.engine_failures))
            }
            (JobState::Running(run), Change::Progressed { claim, progress }) => {
                run.held_by(claim)?;
                Ok(JobState::Running(Run { heartbeat_at: now, progress, ..run.clone() }))
            }
            (JobState::Running(run), Change::Sharded { claim, shards }) => {
                run.held_by(claim)?;
                let shards = Some(ShardedRun::new(shards));
                let progress = Progress { step: ANNOTATE.to_owned(), ..Progress::default() };
                Ok(JobState::Running(Run { heartbeat_at: now, progress, shards, ..run.clone() }))
            }
            (
                JobState::Running(run @ Run { shards: Some(_), .. }),
                Change::ShardAlive { claim, shard: None },
            ) => {
                run.held_by(claim)?;
                Ok(JobState::Running(Run { heartbeat_at: now, ..run.clone() }))
            }
            (
                JobState::Running(run @ Run { shards: Some(shards), .. }),
                Change::ShardAlive { claim, shard: Some((shard, progress)) },
            ) => {
                run.held_by(claim)?;
                let mut shards = shards.clone();
                shards.set_running(shard, progress, now);
                Ok(JobState::Running(run.with_shards(shards, now)))
            }
            (
                JobState::Running(run @ Run { shards: Some(shards), .. }),
                Change::ShardDone { claim, shard, records },
            ) => {
                run.held_by(claim)?;
                let mut shards = shards.clone();
                shards.set_done(shard, records);
                Ok(JobState::Running(run.with_shards(shards, now)))
            }
            (JobState::Running(run), Change::Released { claim, engine_failed }) => {
                run.held_by(claim)?;
                // States only move forward, so the job stays RUNNING, with an expired heartbeat.
                let heartbeat_at = Timestamp::UNIX_EPOCH;
                let engine_failures = run.engine_failures.saturating_add(engine_failed.into());
                let shards = None;
                Ok(JobState::Running(Run { heartbeat_at, engine_failures, shards, ..run.clone() }))
            }
            (
                JobState::Running(run),
                Change::Completed {
                    claim,
                    records,
                    not_annotated,
                    provenance,
                    result,
                    result_size,
                    log,
                    until,
                },
            ) => {
                run.held_by(claim)?;
                Ok(JobState::Completed(Completion {
                    started_at: run.started_at,
                    completed_at: now,
                    records,
                    not_annotated,
                    provenance,
                    results: Results::fresh(result, until),
                    result_size,
                    log,
                }))
            }
            (JobState::Completed(done), Change::Results(change)) => {
                let results = done.results.after(change, now)?;
                Ok(JobState::Completed(Completion { results, ..done.clone() }))
            }
            (JobState::Running(run), Change::Failed { claim, kind, reason, code, mismatch }) => {
                claim.map_or(Ok(()), |claim| run.held_by(claim))?;
                Ok(JobState::Failed(Failure { at: now, kind, reason, code, mismatch }))
            }
            (
                JobState::Uploading { .. } | JobState::Pending { .. },
                Change::Failed { claim: None, kind, reason, code, mismatch },
            ) => Ok(JobState::Failed(Failure { at: now, kind, reason, code, mismatch })),
            (
                JobState::Uploading { .. } | JobState::Pending { .. } | JobState::Running(_),
                Change::Cancelled,
            ) => Ok(JobState::Cancelled { at: now }),
            _ => Err(illegal),
        }
    }
}

impl Run {
    fn held_by(&self, claim: ClaimId) -> Result<(), ChangeRejected> {
        if self.claim == claim { Ok(()) } else { Err(ChangeRejected::ClaimLost) }
    }

    /// The run after a heartbeat of a shard.
    fn with_shards(&self, shards: ShardedRun, now: Timestamp) -> Self {
        let ShardProgress { permille, records } = shards.progress();
        let progress = Progress { permille, records, ..self.progress.clone() };
        Self { heartbeat_at: now, progress, shards: Some(shards), ..self.clone() }
    }
}

/// The step of a run before the worker has reported one.
pub(super) const START: &str = "start";

/// The step of a run in shards, which is that of the engine.
const ANNOTATE: &str = "annotate";

fn start(claim: ClaimId, now: Timestamp, engine_failures: u32) -> JobState {
    let progress = Progress { step: START.to_owned(), ..Progress::default() };
    JobState::Running(Run {
        claim,
        started_at: now,
        heartbeat_at: now,
        engine_failures,
        progress,
        shards: None,
    })
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
