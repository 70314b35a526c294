//! A worker runs a job: claim, progress, and one of two ends.

use super::{ChangeError, change_job, publish};
use crate::Gas;
use crate::messages::JobResult;
use crate::ports::PortResult;
use gas_shared::job::{Change, ClaimId, FailureKind, Progress};
use gas_shared::{Job, JobId};
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
    let job = change_job(gas, id, Change::Claimed { claim, silence }).await?;
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
    change_job(gas, id, Change::Progressed { claim, progress }).await
}

/// Gives a job back unfinished, so that the next worker need not wait for silence.
///
/// # Errors
/// [`ChangeError::Refused`] where the job is over or was taken over: there is nothing to release.
pub async fn release_job(gas: &Gas, id: JobId, claim: ClaimId) -> Result<Job, ChangeError> {
    change_job(gas, id, Change::Released { claim }).await
}

/// Ends a job whose result and log are stored where [`Layout`](crate::gas::Layout) says.
///
/// # Errors
/// [`ChangeError::Refused`] where the job was cancelled or taken over.
pub async fn complete_job(
    gas: &Gas,
    job: &Job,
    claim: ClaimId,
    finished: Finished,
) -> Result<Job, ChangeError> {
    let change = Change::Completed {
        claim,
        records: finished.records,
        result: gas.layout.result(job.owner, job.id, &job.input.name),
        result_size: finished.result_size,
        log: gas.layout.log(job.owner, job.id, &job.input.name),
    };
    change_job(gas, job.id, change).await
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
    change_job(gas, id, Change::Failed { claim, kind, reason }).await
}

/// Tells the rest of GAS that a job is over. At least once: who listens must not mind a second
/// time, and a worker that finds a job already over announces it again before it deletes the
/// message, since the one before may have died in between.
///
/// # Errors
/// Where the topic fails.
pub async fn announce_result(gas: &Gas, job: &Job) -> PortResult<()> {
    let result = JobResult { job_id: job.id, user_id: job.owner, job_status: job.status() };
    publish(&*gas.job_results, &result).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::job::Refused;
    use gas_shared::{JobStatus, Plan};

    const SILENCE: SignedDuration = SignedDuration::from_secs(45);

    #[tokio::test]
    async fn two_workers_with_the_same_message_run_the_job_once() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let (_, claim) = claim_job(&test.gas, job.id, SILENCE).await.unwrap();
        let second = claim_job(&test.gas, job.id, SILENCE).await.unwrap_err();
        assert!(matches!(second, ChangeError::Refused { refused: Refused::StillRunning, .. }));

        let finished = Finished { records: 2, result_size: 9 };
        let done = complete_job(&test.gas, &job, claim, finished).await.unwrap();
        assert_eq!(done.status(), JobStatus::Completed);
        assert_eq!(test.job_events.len(), usize::try_from(done.version).unwrap());
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
        assert!(matches!(late, ChangeError::Refused { refused: Refused::ClaimLost, .. }));
        assert!(complete_job(&test.gas, &job, new, finished).await.is_ok());
    }
}
