//! A worker runs a job: claim, progress, and one of two ends.

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

/// What a worker hands over when the engine is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// VCF records annotated.
    pub records: u64,
    /// The annotated file's size in bytes.
    pub result_size: u64,
}

/// Takes a job that waits, or one whose worker has been silent for `silence`.
///
/// # Errors
/// [`ChangeError::Refused`] where the job runs elsewhere or is over.
pub async fn claim_job(
    gas: &Gas,
    id: JobId,
    silence: SignedDuration,
) -> Result<(Job, ClaimId), ChangeError> {
    let claim = ClaimId(Uuid::new_v4());
    let job = change_job(&gas.jobs, id, Change::Claimed { claim, silence }).await?;
    Ok((job, claim))
}

/// Shows that the worker lives, and how far it is.
///
/// # Errors
/// [`ChangeError::Refused`] where the job was cancelled or taken over: stop the engine.
pub async fn report_progress(
    gas: &Gas,
    id: JobId,
    claim: ClaimId,
    progress: Progress,
) -> Result<Job, ChangeError> {
    change_job(&gas.jobs, id, Change::Progressed { claim, progress }).await
}

/// Gives a job back unfinished, so that the next worker need not wait for silence.
///
/// # Errors
/// [`ChangeError::Refused`] where the job is over or was taken over: there is nothing to release.
pub async fn release_job(gas: &Gas, id: JobId, claim: ClaimId) -> Result<Job, ChangeError> {
    change_job(&gas.jobs, id, Change::Released { claim }).await
}

/// Ends a job whose result and log are stored where [`ObjectKeys`](crate::ObjectKeys) says.
///
/// # Errors
/// [`ChangeError::Refused`] where the job was cancelled or taken over.
pub async fn complete_job(
    gas: &Gas,
    job: &Job,
    claim: ClaimId,
    finished: Finished,
) -> Result<Job, ChangeError> {
    // The plan of this moment; what matters in the end is the plan when the time is out.
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

/// Ends a job that cannot be done. `claim` is `None` where no worker holds it any more.
///
/// # Errors
/// [`ChangeError::Refused`] where the job is over or was taken over.
pub async fn fail_job(
    gas: &Gas,
    id: JobId,
    claim: Option<ClaimId>,
    kind: FailureKind,
    reason: String,
) -> Result<Job, ChangeError> {
    change_job(&gas.jobs, id, Change::Failed { claim, kind, reason }).await
}

/// Tells the rest of GAS that a job is over, and starts the timer of a Free owner's results. At
/// least once: who listens must not mind a second time, and a worker that finds a job already over
/// announces it again before it deletes the message, since the one before may have died in
/// between.
///
/// # Errors
/// Where a service fails.
pub async fn announce_result(gas: &Gas, job: &Job) -> Result<(), ChangeError> {
    if let JobState::Completed(done) = &job.state {
        start_window(gas, job, done).await?;
    }
    let result = JobResult { job_id: job.id, user_id: job.owner, job_status: job.status() };
    Ok(publish(&*gas.job_results, &result).await?)
}

/// Starts the timer named after the job, so that it runs once however often this is called.
async fn start_window(gas: &Gas, job: &Job, done: &Completion) -> Result<(), ChangeError> {
    let Results::Stored(stored) = &done.results else { return Ok(()) };
    let until = match stored.until {
        Some(until) => until,
        // The owner was on Premium when the job was completed. If they left it in that moment,
        // the results stored before got an end, and these were missed.
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

    const SILENCE: SignedDuration = SignedDuration::from_secs(45);

    #[tokio::test]
    async fn two_workers_with_the_same_message_run_the_job_once() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let (_, claim) = claim_job(&test.gas, job.id, SILENCE).await.unwrap();
        let second = claim_job(&test.gas, job.id, SILENCE).await.unwrap_err();
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
    async fn the_window_of_a_free_owner_starts_once_however_often_the_result_is_announced() {
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
    async fn leaving_premium_while_a_job_is_completed_leaves_no_result_without_end() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        let job = test.completed_job(&eve).await;
        test.set_plan(&eve, Plan::Free);
        announce_result(&test.gas, &job).await.unwrap();
        assert!(test.job(job.id).due().is_some());
        assert_eq!(test.archive_timer.started().len(), 1);
    }

    #[tokio::test]
    async fn a_worker_that_was_given_up_cannot_end_the_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let (_, old) = claim_job(&test.gas, job.id, SILENCE).await.unwrap();
        test.clock.advance_secs(46);
        let (_, new) = claim_job(&test.gas, job.id, SILENCE).await.unwrap();
        let finished = Finished { records: 2, result_size: 9 };
        let late = complete_job(&test.gas, &job, old, finished.clone()).await.unwrap_err();
        assert!(matches!(late, ChangeError::Refused { refused: ChangeRefused::ClaimLost, .. }));
        assert!(complete_job(&test.gas, &job, new, finished).await.is_ok());
    }
}
