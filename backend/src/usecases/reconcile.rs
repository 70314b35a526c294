//! What got lost is found and set going again.
//!
//! Timers, messages and processes may get lost. Rows say when they are overdue ([`Job::due`]); each
//! repair is a use-case that exists for its own sake and may be called at any time.

use super::delete_job::ask_archiver;
use super::{
    ArchiveError, ChangeError, ConfirmError, Deleted, announce_result, change_job, confirm_upload,
    fail_job, finish_deletion, publish, thaw_again, upload_in_parts,
};
use crate::messages::JobRequest;
use crate::ports::PortError;
use crate::{Gas, chain};
use gas_shared::job::{Change, ChangeRefused, FailureKind, JobState, Results};
use gas_shared::{Job, JobId};

/// What the owner of an upload that never came reads.
const NEVER_UPLOADED: &str = "the file never arrived; submit it again";

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Jobs that were set going again.
    pub repaired: u32,
    /// Jobs that could not be; the next round tries again.
    pub failed: u32,
}

/// Why a job was not repaired.
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

/// Looks once for overdue jobs and repairs them.
///
/// # Errors
/// Where the list of overdue jobs cannot be read.
pub async fn reconcile(gas: &Gas) -> Result<Reconciled, PortError> {
    let mut reconciled = Reconciled::default();
    for id in gas.jobs.store.overdue_jobs(gas.now()).await? {
        match repair(gas, id).await {
            Ok(true) => reconciled.repaired += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(job_id = %id, error = %chain(&error), "not repaired");
                reconciled.failed += 1;
            }
        }
    }
    Ok(reconciled)
}

/// Repairs a job if it is overdue still: the index may be behind.
async fn repair(gas: &Gas, id: JobId) -> Result<bool, RepairError> {
    let Some(job) = gas.jobs.store.job(id).await? else {
        return Ok(finish_deletion(gas, id).await? != Deleted::Nothing);
    };
    if job.due().is_none_or(|due| due > gas.now()) {
        return Ok(false);
    }
    tracing::warn!(job_id = %id, status = %job.status(), "overdue");
    match &job.state {
        JobState::Uploading { .. } => end_upload(gas, &job).await?,
        // Whoever gets the message takes a running job over if it is silent indeed.
        JobState::Pending { .. } | JobState::Running(_) => {
            record_attempt(gas, id).await?;
            publish(&*gas.job_requests, &JobRequest { job_id: id }).await?;
        }
        JobState::Completed(done) => match &done.results {
            Results::Thawing { .. } => thaw_again(gas, id).await?,
            Results::Stored(_) | Results::Archiving { .. } | Results::Archived { .. } => {
                record_attempt(gas, id).await?;
                ask_archiver(gas, id).await?;
            }
        },
        JobState::Failed(_) | JobState::Cancelled { .. } => return Ok(false),
    }
    Ok(true)
}

/// Notes that the job was looked at, before the message is sent: a queue that stands still would
/// get another one each round.
async fn record_attempt(gas: &Gas, id: JobId) -> Result<(), RepairError> {
    change_job(&gas.jobs, id, Change::Reconciled).await?;
    Ok(())
}

/// The browser went away after the upload, or before it.
async fn end_upload(gas: &Gas, job: &Job) -> Result<(), RepairError> {
    match confirm_upload(gas, job.owner, job.id).await {
        Ok(_) => return Ok(()),
        Err(ConfirmError::NotUploaded(_) | ConfirmError::WrongSize { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let reason = NEVER_UPLOADED.to_owned();
    match fail_job(gas, job.id, None, FailureKind::Input, reason).await {
        Ok(failed) => {
            upload_in_parts::abort(gas, job).await;
            Ok(announce_result(gas, &failed).await?)
        }
        // It was confirmed in this moment.
        Err(ChangeError::Refused { refused: ChangeRefused::Illegal { .. }, .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
