//! Cancels a job.

use super::dispatch::job_left_or_later;
use super::sharded_run::stop_shards;
use super::{ChangeError, FindError, change_job, find_job, upload_in_parts};
use crate::Gas;
use crate::audit::{Act, Actor};
use gas_shared::job::{Change, ChangeRejected};
use gas_shared::{Job, JobId, JobStatus, UserId};

/// The rejection for a job that is cancelled already.
const ALREADY_CANCELLED: ChangeRejected =
    ChangeRejected::Illegal { from: JobStatus::Cancelled, change: Change::Cancelled.name() };

/// Cancels a job that has not ended. A worker that runs it stops at its next heartbeat.
///
/// # Errors
/// [`ChangeError::NotFound`] also for another user's job; [`ChangeError::Rejected`] for a job that
/// has ended, unless it is cancelled already.
pub async fn cancel_job(gas: &Gas, owner: UserId, id: JobId) -> Result<Job, ChangeError> {
    let job = find_job(gas, owner, id).await.map_err(|error| match error {
        FindError::NotFound(id) => ChangeError::NotFound(id),
        FindError::Port(error) => ChangeError::Port(error),
    })?;
    match change_job(&gas.jobs, id, Change::Cancelled).await {
        Err(ChangeError::Rejected { rejected: ALREADY_CANCELLED, .. }) => Ok(job),
        Ok(cancelled) => {
            gas.audit.record(Actor::User, owner, Act::JobCancelled(id)).await;
            upload_in_parts::abort(gas, &job).await;
            stop_shards(gas, &job).await;
            job_left_or_later(gas, id).await;
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
    async fn a_job_is_cancelled_once_and_only_by_its_owner() {
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
    async fn a_completed_job_cannot_be_cancelled() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job(&ada).await;
        let rejected = cancel_job(&test.gas, ada.id, job.id).await.unwrap_err();
        assert!(matches!(rejected, ChangeError::Rejected { .. }));
    }
}
