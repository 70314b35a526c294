//! The steps of a worker that runs a job: claim, progress, release, completion or failure.
//!
//! They need no profile: the utility node applies the owner's plan to a new result
//! ([`super::settle_result`]).

use super::{ChangeError, change_job, publish};
use crate::messages::JobResult;
use crate::ports::{PortResult, Topic};
use crate::{AnnotateGas, JobRepository};
use gas_shared::job::{AssemblyMismatch, Change, ClaimId, FailureKind, NotAnnotated, Progress};
use gas_shared::{Job, JobId, Provenance};
use jiff::SignedDuration;
use uuid::Uuid;

/// The output of a successful run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The number of records.
    pub records: u64,
    /// Those without annotation, if the engine counts them.
    pub not_annotated: Option<NotAnnotated>,
    /// What the file was annotated with.
    pub provenance: Option<Provenance>,
    /// The size of the result, in bytes.
    pub result_size: u64,
}

/// Claims a PENDING job, or a RUNNING one whose last heartbeat is older than `heartbeat_timeout`.
///
/// # Errors
/// [`ChangeError::Rejected`] if another worker runs the job or it has ended.
pub async fn claim_job(
    jobs: &JobRepository,
    id: JobId,
    heartbeat_timeout: SignedDuration,
) -> Result<(Job, ClaimId), ChangeError> {
    let claim = ClaimId(Uuid::new_v4());
    let job = change_job(jobs, id, Change::Claimed { claim, heartbeat_timeout }).await?;
    Ok((job, claim))
}

/// Writes a heartbeat with the progress.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job was cancelled or claimed by another worker: stop the engine.
pub async fn report_progress(
    jobs: &JobRepository,
    id: JobId,
    claim: ClaimId,
    progress: Progress,
) -> Result<Job, ChangeError> {
    change_job(jobs, id, Change::Progressed { claim, progress }).await
}

/// Releases the claim, so that the next worker need not wait until the heartbeat times out.
/// `engine_failed` counts the attempt as a failure of the engine.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job has ended or was claimed by another worker.
pub async fn release_job(
    jobs: &JobRepository,
    id: JobId,
    claim: ClaimId,
    engine_failed: bool,
) -> Result<Job, ChangeError> {
    change_job(jobs, id, Change::Released { claim, engine_failed }).await
}

/// Completes a job whose result and log are stored at the keys of
/// [`ObjectKeys`](crate::ObjectKeys).
///
/// Every result starts with the download window of the Free plan. If the utility node does not lift
/// it for a Premium owner in time, the archiver does, because it reads the plan when the window
/// ends.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job was cancelled or claimed by another worker.
pub async fn complete_job(
    gas: &AnnotateGas,
    job: &Job,
    claim: ClaimId,
    finished: Finished,
) -> Result<Job, ChangeError> {
    let change = Change::Completed {
        claim,
        records: finished.records,
        not_annotated: finished.not_annotated,
        provenance: finished.provenance,
        result: gas.object_keys.result(job.owner, job.id, &job.input.name),
        result_size: finished.result_size,
        log: gas.object_keys.log(job.owner, job.id, &job.input.name),
        until: Some(gas.retention.window_ends(gas.now())),
    };
    change_job(&gas.jobs, job.id, change).await
}

/// Marks a job as failed. `claim` is `None` if no worker holds a claim.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job has ended or was claimed by another worker.
pub async fn fail_job(
    jobs: &JobRepository,
    id: JobId,
    claim: Option<ClaimId>,
    kind: FailureKind,
    reason: String,
) -> Result<Job, ChangeError> {
    let failed = Change::Failed { claim, kind, reason, code: None, mismatch: None };
    change_job(jobs, id, failed).await
}

/// A problem of a job's file or options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRejection {
    /// The message for the user.
    pub reason: String,
    /// A stable code for programs.
    pub code: Option<String>,
    /// The assemblies, if they differ.
    pub mismatch: Option<AssemblyMismatch>,
}

/// Marks a job as failed because of a problem of its file or options.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job has ended or was claimed by another worker.
pub async fn reject_input(
    jobs: &JobRepository,
    id: JobId,
    claim: ClaimId,
    rejection: InputRejection,
) -> Result<Job, ChangeError> {
    let InputRejection { reason, code, mismatch } = rejection;
    let (claim, kind) = (Some(claim), FailureKind::Input);
    change_job(jobs, id, Change::Failed { claim, kind, reason, code, mismatch }).await
}

/// Publishes the end of a job on topic `job_results`. The result is announced at least once, since
/// a worker that finds an ended job announces it again in case the previous worker died;
/// subscribers must be idempotent.
///
/// # Errors
/// If the topic is unavailable.
pub async fn announce_result(job_results: &dyn Topic, job: &Job) -> PortResult<()> {
    let result = JobResult { job_id: job.id, user_id: job.owner, job_status: job.status() };
    publish(job_results, &result).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::job::{ChangeRejected, JobState};
    use gas_shared::{JobStatus, Plan};

    const TIMEOUT: SignedDuration = SignedDuration::from_secs(45);

    #[tokio::test]
    async fn of_two_workers_with_the_same_message_one_claims_the_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let (_, claim) = claim_job(&test.gas.jobs, job.id, TIMEOUT).await.unwrap();
        let second = claim_job(&test.gas.jobs, job.id, TIMEOUT).await.unwrap_err();
        assert!(matches!(
            second,
            ChangeError::Rejected { rejected: ChangeRejected::StillRunning, .. }
        ));

        let finished =
            Finished { records: 2, not_annotated: None, provenance: None, result_size: 9 };
        let done = complete_job(&test.gas.annotate(), &job, claim, finished).await.unwrap();
        assert_eq!(done.status(), JobStatus::Completed);
        assert_eq!(test.job_events.len(), usize::try_from(done.version).unwrap());
    }

    #[tokio::test]
    async fn only_failures_of_the_engine_count_as_attempts() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let id = test.pending_job(&ada).await.id;
        let mut failures = Vec::new();
        for engine_failed in [false, true, false, true] {
            let (_, claim) = claim_job(&test.gas.jobs, id, TIMEOUT).await.unwrap();
            release_job(&test.gas.jobs, id, claim, engine_failed).await.unwrap();
            let JobState::Running(run) = test.job(id).state else { panic!("not running") };
            failures.push(run.engine_failures);
        }
        assert_eq!(failures, [0, 1, 1, 2]);
        // The worker of this claim dies.
        claim_job(&test.gas.jobs, id, TIMEOUT).await.unwrap();
        test.clock.advance_secs(46);
        let (job, _) = claim_job(&test.gas.jobs, id, TIMEOUT).await.unwrap();
        let JobState::Running(run) = job.state else { panic!("not running") };
        assert_eq!(run.engine_failures, 2);
    }

    #[tokio::test]
    async fn a_worker_that_lost_its_claim_cannot_complete_the_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let (_, old) = claim_job(&test.gas.jobs, job.id, TIMEOUT).await.unwrap();
        test.clock.advance_secs(46);
        let (_, new) = claim_job(&test.gas.jobs, job.id, TIMEOUT).await.unwrap();
        let finished =
            Finished { records: 2, not_annotated: None, provenance: None, result_size: 9 };
        let late =
            complete_job(&test.gas.annotate(), &job, old, finished.clone()).await.unwrap_err();
        assert!(matches!(late, ChangeError::Rejected { rejected: ChangeRejected::ClaimLost, .. }));
        assert!(complete_job(&test.gas.annotate(), &job, new, finished).await.is_ok());
    }
}
