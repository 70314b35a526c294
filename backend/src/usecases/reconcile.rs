//! What got lost is found and set going again.
//!
//! Timers, messages and processes may get lost. Rows say when they are overdue ([`Job::due`]); each
//! repair is a use-case that exists for its own sake and may be called at any time.

use super::{
    ArchiveError, ChangeError, ConfirmError, announce_result, change_job, confirm_upload, fail_job,
    publish, thaw_again,
};
use crate::messages::{ArchiveRequest, JobRequest};
use crate::ports::PortError;
use crate::{Gas, chain};
use gas_shared::job::{Change, FailureKind, JobState, Refused, Results};
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
    for id in gas.jobs.overdue_jobs(gas.clock.now()).await? {
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
    let Some(job) = gas.jobs.job(id).await? else { return Ok(false) };
    if job.due().is_none_or(|due| due > gas.clock.now()) {
        return Ok(false);
    }
    tracing::warn!(job_id = %id, status = %job.status(), "overdue");
    match &job.state {
        JobState::Uploading => end_upload(gas, &job).await?,
        JobState::Pending { .. } => {
            change_job(gas, id, Change::Requeued).await?;
            publish(&*gas.job_requests, &JobRequest { job_id: id }).await?;
        }
        // Whoever gets the message takes the job over if it is silent indeed.
        JobState::Running(_) => publish(&*gas.job_requests, &JobRequest { job_id: id }).await?,
        JobState::Completed(done) => match &done.results {
            Results::Thawing { .. } => thaw_again(gas, id).await?,
            Results::Stored(_) | Results::Archiving { .. } | Results::Archived { .. } => {
                let request = serde_json::to_string(&ArchiveRequest { job_id: id });
                let request = request.map_err(|error| PortError::new("write a message", error))?;
                gas.archive_requests.send(&request).await?;
            }
        },
        JobState::Failed(_) | JobState::Cancelled { .. } => return Ok(false),
    }
    Ok(true)
}

/// The browser went away after the upload, or before it.
async fn end_upload(gas: &Gas, job: &Job) -> Result<(), RepairError> {
    if gas.objects.head(&job.input.file).await?.is_some() {
        confirm_upload(gas, job.owner, job.id).await?;
        return Ok(());
    }
    let reason = NEVER_UPLOADED.to_owned();
    match fail_job(gas, job.id, None, FailureKind::Input, reason).await {
        Ok(failed) => Ok(announce_result(gas, &failed).await?),
        // It was confirmed in this moment.
        Err(ChangeError::Refused { refused: Refused::Illegal { .. }, .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
