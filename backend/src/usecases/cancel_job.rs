//! The owner stops a job.

use super::{ChangeError, FindError, change_job, find_job};
use crate::Gas;
use gas_shared::job::{Change, Refused};
use gas_shared::{Job, JobId, UserId};

/// Stops a job that is not over. The worker that runs it notices at its next heartbeat.
///
/// # Errors
/// [`ChangeError::NotFound`] also for another user's job; [`ChangeError::Refused`] for a job that
/// is over, unless it is already cancelled.
pub async fn cancel_job(gas: &Gas, owner: UserId, id: JobId) -> Result<Job, ChangeError> {
    let job = find_job(gas, owner, id).await.map_err(|error| match error {
        FindError::NotFound(id) => ChangeError::NotFound(id),
        FindError::Port(error) => ChangeError::Port(error),
    })?;
    match change_job(gas, id, Change::Cancelled).await {
        Err(ChangeError::Refused { refused: Refused::Illegal { from, .. }, .. })
            if from == gas_shared::JobStatus::Cancelled =>
        {
            Ok(job)
        }
        other => other,
    }
}
