//! Repairs overdue jobs.
//!
//! Timers, messages and processes may be lost. Every non-final state has a deadline in its row
//! ([`Job::due`]), and the reconciler acts on missed ones. Each repair is a use-case that may be
//! called at any time. Ended jobs have a deadline for the retention of their files
//! ([`super::retain_files`]).

use super::confirm_upload::queue_uploaded;
use super::delete_job::request_archiver;
use super::dispatch::{dispatch_overdue, enqueue, send_again};
use super::retain_files::{retain_files, retain_old_jobs};
use super::sharded_run::{repair_shards, run_of};
use super::{
    ArchiveError, ChangeError, ConfirmError, Deleted, announce_result, change_job, fail_job,
    finish_deletion, retry_thaw, upload_in_parts,
};
use crate::ports::PortError;
use crate::{Gas, chain, record_job};
use gas_shared::job::{Change, ChangeRejected, FailureKind, JobState, Results};
use gas_shared::{Job, JobId};
use std::collections::HashMap;

/// The reason that the owner of an abandoned upload reads.
const NEVER_UPLOADED: &str = "the file never arrived; upload it again";

/// The reason shown to the owner if the file was not copied in time.
const NEVER_COPIED: &str = "the file was not copied within a day; upload it from your computer";

/// The result of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Jobs that were repaired.
    pub repaired: u32,
    /// Jobs that could not be repaired; the next round tries again.
    pub failed: u32,
}

/// The reason why a job was not repaired.
#[derive(Debug, thiserror::Error)]
enum RepairError {
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The number of failures that are remembered; more than there are jobs in one round.
const MAX_LOGGED: usize = 20_000;

/// The failures that this process has logged, by job. A job that cannot be repaired fails in every
/// round, for example because its row is unreadable; its error is logged when it is new.
#[derive(Debug, Default)]
pub struct LoggedFailures(HashMap<JobId, String>);

impl LoggedFailures {
    /// Whether the error of a job is new; it is remembered.
    fn is_new(&mut self, id: JobId, error: &str) -> bool {
        if self.0.len() >= MAX_LOGGED {
            self.0.clear();
        }
        self.0.insert(id, error.to_owned()).is_none_or(|last| last != error)
    }

    fn repaired(&mut self, id: JobId) {
        self.0.remove(&id);
    }
}

/// Repairs all overdue jobs once.
///
/// # Errors
/// If the list of overdue jobs cannot be read.
pub async fn reconcile(gas: &Gas, logged: &mut LoggedFailures) -> Result<Reconciled, PortError> {
    let mut reconciled = Reconciled::default();
    if let Err(error) = retain_old_jobs(gas).await {
        tracing::error!(error = %chain(&error), "ended jobs of an older version have no deadline yet");
    }
    if let Err(error) = dispatch_overdue(gas).await {
        tracing::error!(error = %chain(&error), "waiting jobs not sent");
    }
    for id in gas.jobs.store.overdue_jobs(gas.now()).await? {
        match repair(gas, id).await {
            Ok(repaired) => {
                logged.repaired(id);
                reconciled.repaired += u32::from(repaired);
            }
            Err(error) => {
                let error = chain(&error).to_string();
                if logged.is_new(id, &error) {
                    tracing::error!(job_id = %id, error, "overdue job not repaired");
                }
                reconciled.failed += 1;
            }
        }
    }
    Ok(reconciled)
}

/// Repairs a job if it is still overdue; the index may be behind.
#[tracing::instrument(name = "reconcile_job", skip_all, fields(job_id = %id, user_id, trace_id))]
async fn repair(gas: &Gas, id: JobId) -> Result<bool, RepairError> {
    let Some(job) = gas.jobs.store.job(id).await? else {
        return Ok(finish_deletion(gas, id).await? != Deleted::Nothing);
    };
    if job.due().is_none_or(|due| due > gas.now()) {
        return Ok(false);
    }
    record_job(&job);
    if job.is_at_rest() {
        retain_files(gas, &job).await?;
        return Ok(false);
    }
    if is_first_look_at_pending(&job) {
        // It is known already, unless the process died that confirmed the upload.
        enqueue(gas, job.owner, id).await?;
        record_attempt(gas, id).await?;
        return Ok(false);
    }
    if let Some(run) = run_of(&job) {
        record_attempt(gas, id).await?;
        if let Some(failed) = repair_shards(gas, &job, run).await? {
            announce_result(&*gas.job_results, &failed).await?;
        }
        return Ok(true);
    }
    tracing::warn!(status = %job.status(), "job is overdue");
    match &job.state {
        JobState::Uploading { .. } => end_upload(gas, &job).await?,
        // The worker that receives the message claims a running job only if its heartbeat timed
        // out.
        JobState::Pending { .. } | JobState::Running(_) => {
            record_attempt(gas, id).await?;
            if gas.dispatches.is_waiting(id).await? {
                // It waits for the other jobs of its owner.
                return Ok(false);
            }
            send_again(gas, job.owner, id).await?;
        }
        JobState::Completed(done) => match &done.results {
            Results::Thawing { .. } => retry_thaw(gas, id).await?,
            Results::Stored(_) | Results::Archiving { .. } | Results::Archived { .. } => {
                record_attempt(gas, id).await?;
                request_archiver(gas, id).await?;
            }
        },
        // They are at rest.
        JobState::Failed(_) | JobState::Cancelled { .. } => return Ok(false),
    }
    Ok(true)
}

/// Whether a job waits for its worker and was not looked at since it was queued.
fn is_first_look_at_pending(job: &Job) -> bool {
    matches!(job.state, JobState::Pending { .. }) && job.reconciled_at.is_none()
}

/// Records the repair in the row before the message is sent, so that a queue that is not being read
/// does not get another message each round.
async fn record_attempt(gas: &Gas, id: JobId) -> Result<(), RepairError> {
    change_job(&gas.jobs, id, Change::Reconciled).await?;
    Ok(())
}

/// Ends an abandoned upload: confirms it if the file has arrived, and fails the job otherwise.
async fn end_upload(gas: &Gas, job: &Job) -> Result<(), RepairError> {
    match queue_uploaded(gas, job.owner, job.id).await {
        Ok(_) => return Ok(()),
        Err(ConfirmError::NotUploaded(_) | ConfirmError::WrongSize { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let reason = if job.copied_bytes().is_some() { NEVER_COPIED } else { NEVER_UPLOADED };
    let reason = reason.to_owned();
    match fail_job(&gas.jobs, job.id, None, FailureKind::Input, reason).await {
        Ok(failed) => {
            upload_in_parts::abort(gas, job).await;
            Ok(announce_result(&*gas.job_results, &failed).await?)
        }
        // The upload was confirmed at the same moment.
        Err(ChangeError::Rejected { rejected: ChangeRejected::Illegal { .. }, .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
