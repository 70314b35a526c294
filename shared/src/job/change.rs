//! The state machine: which change a job in which state accepts.
//!
//! ```text
//! UPLOADING -> PENDING -> RUNNING -> COMPLETED
//!     |           |          |`----> FAILED      (RUNNING -> RUNNING: progress, or a new claim
//!     `-----------+----------`-----> CANCELLED    after the old one fell silent or let go)
//! ```
//! COMPLETED has a life of its own: see [`super::results`]. FAILED is also open from UPLOADING and PENDING (the upload never came, or no worker could take
//! the job). States only move forward.

use super::{
    ClaimId, Completion, Failure, FailureKind, Job, JobState, JobStatus, ObjectLocation, Progress,
    Results, ResultsChange, Run,
};
use jiff::{SignedDuration, Timestamp};

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The file is in S3.
    Uploaded {
        /// Its size in bytes.
        size: u64,
    },
    /// The job is overdue ([`Job::due`]), and whoever is to go on with it was told once more.
    Reconciled,
    /// A worker takes the job.
    Claimed {
        /// The new claim.
        claim: ClaimId,
        /// A run whose last heartbeat is older than this may be taken over.
        silence: SignedDuration,
    },
    /// The claiming worker lives, and has got so far.
    Progressed {
        /// The worker's claim.
        claim: ClaimId,
        /// How far.
        progress: Progress,
    },
    /// The claiming worker gives the job back unfinished: any worker may claim it at once.
    Released {
        /// The worker's claim.
        claim: ClaimId,
    },
    /// The results are stored.
    Completed {
        /// The worker's claim.
        claim: ClaimId,
        /// VCF records annotated.
        records: u64,
        /// The annotated file.
        result: ObjectLocation,
        /// Its size in bytes.
        result_size: u64,
        /// The count log.
        log: ObjectLocation,
        /// The end of the owner's time to download it; `None` for an owner on Premium.
        until: Option<Timestamp>,
    },
    /// The claiming worker, or whoever found the job given up by all workers, ends it.
    Failed {
        /// The worker's claim; `None` from outside a run, which is allowed in any open state.
        claim: Option<ClaimId>,
        /// Whose move it is now.
        kind: FailureKind,
        /// What happened, in words for the user.
        reason: String,
    },
    /// The owner stops the job.
    Cancelled,
    /// The annotated file moves.
    Results(ResultsChange),
}

impl Change {
    /// The change in a word, for messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Uploaded { .. } => "uploaded",
            Self::Reconciled => "reconciled",
            Self::Claimed { .. } => "claimed",
            Self::Progressed { .. } => "progressed",
            Self::Released { .. } => "released",
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
            Self::Results(change) => change.name(),
        }
    }
}

/// Why a change was not accepted. The job stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The state machine has no such arrow.
    #[error("a job that is {from} cannot be {change}")]
    Illegal {
        /// The job's state.
        from: JobStatus,
        /// [`Change::name`].
        change: &'static str,
    },
    /// The results of the job have no such arrow.
    #[error("results that are {from} cannot be {change}")]
    IllegalResults {
        /// Where they are: [`Results::name`].
        from: &'static str,
        /// [`ResultsChange::name`].
        change: &'static str,
    },
    /// Another worker holds the job now.
    #[error("the job is claimed by another worker")]
    ClaimLost,
    /// A worker holds the job and lives.
    #[error("the job is already running")]
    StillRunning,
}

impl Job {
    /// The job after a change at a moment.
    ///
    /// # Errors
    /// [`Refused`] where the state machine does not allow it.
    pub fn apply(&self, change: Change, now: Timestamp) -> Result<Self, Refused> {
        let mut next = self.clone();
        next.version += 1;
        next.reconciled_at = None;
        match change {
            Change::Reconciled if self.due().is_some() => next.reconciled_at = Some(now),
            Change::Uploaded { size } => {
                next.input.size = Some(size);
                next.input.uploaded_at = Some(now);
                next.state = self.state_after(change, now)?;
            }
            change => next.state = self.state_after(change, now)?,
        }
        Ok(next)
    }

    fn state_after(&self, change: Change, now: Timestamp) -> Result<JobState, Refused> {
        let illegal = Refused::Illegal { from: self.status(), change: change.name() };
        match (&self.state, change) {
            (JobState::Uploading { .. }, Change::Uploaded { .. }) => {
                Ok(JobState::Pending { since: now })
            }
            (JobState::Pending { .. }, Change::Claimed { claim, .. }) => Ok(start(claim, now)),
            (JobState::Running(run), Change::Claimed { claim, silence }) => {
                let silent = now.duration_since(run.heartbeat_at) >= silence;
                if silent { Ok(start(claim, now)) } else { Err(Refused::StillRunning) }
            }
            (JobState::Running(run), Change::Progressed { claim, progress }) => {
                run.held_by(claim)?;
                Ok(JobState::Running(Run { heartbeat_at: now, progress, ..run.clone() }))
            }
            (JobState::Running(run), Change::Released { claim }) => {
                run.held_by(claim)?;
                // States only move forward, so the job stays RUNNING, as one long silent.
                let heartbeat_at = Timestamp::UNIX_EPOCH;
                Ok(JobState::Running(Run { heartbeat_at, ..run.clone() }))
            }
            (
                JobState::Running(run),
                Change::Completed { claim, records, result, result_size, log, until },
            ) => {
                run.held_by(claim)?;
                Ok(JobState::Completed(Completion {
                    started_at: run.started_at,
                    completed_at: now,
                    records,
                    results: Results::fresh(result, until),
                    result_size,
                    log,
                }))
            }
            (JobState::Completed(done), Change::Results(change)) => {
                let results = done.results.after(change, now)?;
                Ok(JobState::Completed(Completion { results, ..done.clone() }))
            }
            (JobState::Running(run), Change::Failed { claim, kind, reason }) => {
                claim.map_or(Ok(()), |claim| run.held_by(claim))?;
                Ok(JobState::Failed(Failure { at: now, kind, reason }))
            }
            (
                JobState::Uploading { .. } | JobState::Pending { .. },
                Change::Failed { claim: None, kind, reason },
            ) => Ok(JobState::Failed(Failure { at: now, kind, reason })),
            (
                JobState::Uploading { .. } | JobState::Pending { .. } | JobState::Running(_),
                Change::Cancelled,
            ) => Ok(JobState::Cancelled { at: now }),
            _ => Err(illegal),
        }
    }
}

impl Run {
    fn held_by(&self, claim: ClaimId) -> Result<(), Refused> {
        if self.claim == claim { Ok(()) } else { Err(Refused::ClaimLost) }
    }
}

/// What a run does before its first step.
pub(super) const START: &str = "start";

fn start(claim: ClaimId, now: Timestamp) -> JobState {
    let progress = Progress { step: START.to_owned(), ..Progress::default() };
    JobState::Running(Run { claim, started_at: now, heartbeat_at: now, progress })
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
