//! The owner stops a job.

use super::{ChangeError, FindError, change_job, find_job, upload_in_parts};
use crate::Gas;
use gas_shared::job::{Change, ChangeRefused};
use gas_shared::{Job, JobId, JobStatus, UserId};

/// The refusal that means that what was asked for is so already.
const CANCELLED_BEFORE: ChangeRefused =
    ChangeRefused::Illegal { from: JobStatus::Cancelled, change: Change::Cancelled.name() };

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
    match change_job(&gas.jobs, id, Change::Cancelled).await {
        Err(ChangeError::Refused { refused: CANCELLED_BEFORE, .. }) => Ok(job),
        Ok(cancelled) => {
            upload_in_parts::abort(gas, &job).await;
            Ok(cancelled)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn an_open_job_is_cancelled_once_and_by_its_owner_only() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Free);
        let job = test.pending_job(&ada).await;
        let foreign = cancel_job(&test.gas, eve.id, job.id).await.unwrap_err();
        assert!(matches!(foreign, ChangeError::NotFound(_)));
        let first = cancel_job(&test.gas, ada.id, job.id).await.unwrap();
        assert_eq!(first.status(), JobStatus::Cancelled);
        assert_eq!(cancel_job(&test.gas, ada.id, job.id).await.unwrap(), first);
    }

    #[tokio::test]
    async fn a_job_that_is_done_stays_done() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job(&ada).await;
        let refused = cancel_job(&test.gas, ada.id, job.id).await.unwrap_err();
        assert!(matches!(refused, ChangeError::Refused { .. }));
    }
}
