//! The steps of a worker that runs a job: claim, progress, release, completion or failure.

use super::plan::plan_of;
use super::{ChangeError, change_job, publish};
use crate::Gas;
use crate::messages::JobResult;
use gas_shared::job::{
    Change, ClaimId, Completion, FailureKind, JobState, Progress, Results, ResultsChange,
};
use gas_shared::{Job, JobId, Plan};
use jiff::SignedDuration;
use uuid::Uuid;

/// The output of a successful run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The number of annotated records.
    pub records: u64,
    /// The size of the result, in bytes.
    pub result_size: u64,
}

/// Claims a PENDING job, or a RUNNING one whose last heartbeat is older than `heartbeat_timeout`.
///
/// # Errors
/// [`ChangeError::Refused`] if another worker runs the job or it has ended.
pub async fn claim_job(
    gas: &Gas,
    id: JobId,
    heartbeat_timeout: SignedDuration,
) -> Result<(Job, ClaimId), ChangeError> {
    let claim = ClaimId(Uuid::new_v4());
    let job = change_job(&gas.jobs, id, Change::Claimed { claim, heartbeat_timeout }).await?;
    Ok((job, claim))
}

/// Writes a heartbeat with the progress.
///
/// # Errors
/// [`ChangeError::Refused`] if the job was cancelled or claimed by another worker: stop the engine.
pub async fn report_progress(
    gas: &Gas,
    id: JobId,
    claim: ClaimId,
    progress: Progress,
) -> Result<Job, ChangeError> {
    change_job(&gas.jobs, id, Change::Progressed { claim, progress }).await
}

/// Releases the claim, so that the next worker need not wait until the heartbeat times out.
///
/// # Errors
/// [`ChangeError::Refused`] if the job has ended or was claimed by another worker.
pub async fn release_job(gas: &Gas, id: JobId, claim: ClaimId) -> Result<Job, ChangeError> {
    change_job(&gas.jobs, id, Change::Released { claim }).await
}

/// Completes a job whose result and log are stored at the keys of
/// [`ObjectKeys`](crate::ObjectKeys).
///
/// # Errors
/// [`ChangeError::Refused`] if the job was cancelled or claimed by another worker.
pub async fn complete_job(
    gas: &Gas,
    job: &Job,
    claim: ClaimId,
    finished: Finished,
) -> Result<Job, ChangeError> {
    // The current plan; the archiver reads the plan again when the window ends.
    let plan = plan_of(gas, job.owner).await?;
    let until = (plan == Plan::Free).then(|| gas.retention.window_ends(gas.now()));
    let change = Change::Completed {
        claim,
        records: finished.records,
        result: gas.object_keys.result(job.owner, job.id, &job.input.name),
        result_size: finished.result_size,
        log: gas.object_keys.log(job.owner, job.id, &job.input.name),
        until,
    };
    change_job(&gas.jobs, job.id, change).await
}

/// Marks a job as failed. `claim` is `None` if no worker holds a claim.
///
/// # Errors
/// [`ChangeError::Refused`] if the job has ended or was claimed by another worker.
pub async fn fail_job(
    gas: &Gas,
    id: JobId,
    claim: Option<ClaimId>,
    kind: FailureKind,
    reason: String,
) -> Result<Job, ChangeError> {
    change_job(&gas.jobs, id, Change::Failed { claim, kind, reason }).await
}

/// Publishes the end of a job on topic `job_results`, and starts the timer of the download window
/// of a Free owner. The result is announced at least once, since a worker that finds an ended job
/// announces it again in case the previous worker died; subscribers must be idempotent.
///
/// # Errors
/// If a service fails.
pub async fn announce_result(gas: &Gas, job: &Job) -> Result<(), ChangeError> {
    if let JobState::Completed(done) = &job.state {
        start_window(gas, job, done).await?;
    }
    let result = JobResult { job_id: job.id, user_id: job.owner, job_status: job.status() };
    Ok(publish(&*gas.job_results, &result).await?)
}

/// Starts the timer of the download window. It is named after the job, so it starts once.
async fn start_window(gas: &Gas, job: &Job, done: &Completion) -> Result<(), ChangeError> {
    let Results::Stored(stored) = &done.results else { return Ok(()) };
    let until = match stored.until {
        Some(until) => until,
        // The owner was on Premium when the job was completed. If they left Premium at the same
        // moment, the downgrade has missed this result.
        None if plan_of(gas, job.owner).await? == Plan::Free => {
            let until = gas.retention.window_ends(gas.now());
            change_job(&gas.jobs, job.id, Change::Results(ResultsChange::ExpirySet { until }))
                .await?;
            until
        }
        None => return Ok(()),
    };
    let wait = until.duration_since(gas.now());
    Ok(gas.archive_timer.start(&job.id.to_string(), job.id, wait).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::JobStatus;
    use gas_shared::job::ChangeRefused;

    const TIMEOUT: SignedDuration = SignedDuration::from_secs(45);

    #[tokio::test]
    async fn of_two_workers_with_the_same_message_one_claims_the_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let (_, claim) = claim_job(&test.gas, job.id, TIMEOUT).await.unwrap();
        let second = claim_job(&test.gas, job.id, TIMEOUT).await.unwrap_err();
        assert!(matches!(
            second,
            ChangeError::Refused { refused: ChangeRefused::StillRunning, .. }
        ));

        let finished = Finished { records: 2, result_size: 9 };
        let done = complete_job(&test.gas, &job, claim, finished).await.unwrap();
        assert_eq!(done.status(), JobStatus::Completed);
        assert_eq!(test.job_events.len(), usize::try_from(done.version).unwrap());
    }

    #[tokio::test]
    async fn the_window_of_a_free_owner_starts_once() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let job = test.completed_job(&ada).await;
        announce_result(&test.gas, &job).await.unwrap();
        test.clock.advance_secs(9);
        announce_result(&test.gas, &job).await.unwrap();
        let wait = SignedDuration::from_secs(180);
        assert_eq!(test.archive_timer.started(), [(job.id.to_string(), job.id, wait)]);

        let kept = test.completed_job(&eve).await;
        announce_result(&test.gas, &kept).await.unwrap();
        assert_eq!(test.archive_timer.started().len(), 1, "no window on Premium");
    }

    #[tokio::test]
    async fn a_downgrade_during_the_completion_of_a_job_still_sets_an_end() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        let job = test.completed_job(&eve).await;
        test.set_plan(&eve, Plan::Free);
        announce_result(&test.gas, &job).await.unwrap();
        assert!(test.job(job.id).due().is_some());
        assert_eq!(test.archive_timer.started().len(), 1);
    }

    #[tokio::test]
    async fn a_worker_that_lost_its_claim_cannot_complete_the_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let (_, old) = claim_job(&test.gas, job.id, TIMEOUT).await.unwrap();
        test.clock.advance_secs(46);
        let (_, new) = claim_job(&test.gas, job.id, TIMEOUT).await.unwrap();
        let finished = Finished { records: 2, result_size: 9 };
        let late = complete_job(&test.gas, &job, old, finished.clone()).await.unwrap_err();
        assert!(matches!(late, ChangeError::Refused { refused: ChangeRefused::ClaimLost, .. }));
        assert!(complete_job(&test.gas, &job, new, finished).await.is_ok());
    }
}
