//! The steps of a run in shards, and what happens to it when its job is cancelled or overdue.
//!
//! The row decides: it has the claim that all workers of the run share, and the numbers of the annotated
//! shards. The workflow ([`ShardRuns`]) only hands out the work.

use super::{ChangeError, change_job, fail_job, release_job};
use crate::ports::{PortError, PortResult, RunName, ShardRun, ShardRunState, ShardRuns};
use crate::{AnnotateGas, Gas, JobRepository, ObjectKeys, chain};
use bytes::Bytes;
use gas_shared::job::{Change, ClaimId, FailureKind, JobState, ShardProgress};
use gas_shared::{Job, JobId};

/// The reason that the owner reads if the workflow of a run is lost.
const RUN_LOST: &str = "annotation stopped because of a problem on our side; run it again, and contact us if \
     it still fails";

/// Records that a job is annotated in this number of shards, under the claim of the worker that has planned
/// them.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job was cancelled or claimed by another worker.
pub async fn begin_shards(
    jobs: &JobRepository,
    id: JobId,
    claim: ClaimId,
    shards: u32,
) -> Result<Job, ChangeError> {
    change_job(jobs, id, Change::Sharded { claim, shards }).await
}

/// Writes the heartbeat of a worker that annotates `shard`, or joins if it is `None`.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job was cancelled or has ended: stop the engine.
pub async fn report_shard_alive(
    jobs: &JobRepository,
    id: JobId,
    claim: ClaimId,
    shard: Option<(u32, ShardProgress)>,
) -> Result<Job, ChangeError> {
    change_job(jobs, id, Change::ShardAlive { claim, shard }).await
}

/// Records that a shard is annotated and stored. A shard that is recorded twice counts once.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job was cancelled or has ended.
pub async fn report_shard_done(
    jobs: &JobRepository,
    id: JobId,
    claim: ClaimId,
    shard: u32,
    records: u64,
) -> Result<Job, ChangeError> {
    change_job(jobs, id, Change::ShardDone { claim, shard, records }).await
}

/// Gives a run in shards up, so that a worker annotates the file in one piece. The reconciler sends the job to the
/// workers again.
///
/// # Errors
/// [`ChangeError::Rejected`] if the job was cancelled, or has ended.
pub async fn annotate_whole(
    gas: &AnnotateGas,
    job: &Job,
    claim: ClaimId,
) -> Result<Job, ChangeError> {
    let mark = gas.object_keys.whole_mark(job.owner, job.id);
    gas.objects.write(&mark, Bytes::from_static(b"whole\n"), "text/plain").await?;
    release_job(&gas.jobs, job.id, claim, false).await
}

/// Whether a run of the job in shards was given up.
///
/// # Errors
/// If the store is unavailable.
pub async fn is_annotated_whole(gas: &AnnotateGas, job: &Job) -> PortResult<bool> {
    let mark = gas.object_keys.whole_mark(job.owner, job.id);
    Ok(gas.objects.head(&mark).await?.is_some())
}

/// Starts the workflow of a job that is annotated in shards. Starting it again does nothing.
///
/// # Errors
/// If the workflow engine is unavailable.
pub async fn start_shards(gas: &AnnotateGas, job: &Job) -> PortResult<()> {
    match (&gas.shard_runs, run_of(job)) {
        (Some(runs), Some(name)) => runs.start(&shard_run(&gas.object_keys, job, name)).await,
        _ => Ok(()),
    }
}

fn shard_run(object_keys: &ObjectKeys, job: &Job, name: RunName) -> ShardRun {
    ShardRun { name, shards: object_keys.shard_file(job.owner, job.id, name.claim, "shards.jsonl") }
}

/// The run in shards of a job, if it has one now.
pub fn run_of(job: &Job) -> Option<RunName> {
    match &job.state {
        JobState::Running(run) if run.shards.is_some() => {
            Some(RunName { job: job.id, claim: run.claim })
        }
        _ => None,
    }
}

/// Stops the workflow of a job that was running in this version. A failure is only logged: the row tells
/// the workers to stop.
pub(super) async fn stop_shards(gas: &Gas, before: &Job) {
    let (Some(runs), Some(name)) = (&gas.shard_runs, run_of(before)) else { return };
    if let Err(error) = runs.stop(&name).await {
        tracing::warn!(job_id = %before.id, error = %chain(&error), "shards of a cancelled job not stopped");
    }
}

/// Repairs a run in shards without a recent heartbeat. Its shards may just wait for workers; a workflow that
/// was never started is started, one that has failed goes on with what is missing, and a job whose workflow
/// cannot go on is failed. Returns the failed job.
pub(super) async fn repair_shards(
    gas: &Gas,
    job: &Job,
    name: RunName,
) -> Result<Option<Job>, ChangeError> {
    let Some(runs) = &gas.shard_runs else { return fail(gas, job, name).await };
    let runs: &dyn ShardRuns = &**runs;
    let run = shard_run(&gas.object_keys, job, name);
    match runs.state(&name).await? {
        Some(ShardRunState::Running) => Ok(None),
        None => {
            runs.start(&run).await?;
            Ok(None)
        }
        Some(ShardRunState::Failed) if runs.redrive(&run).await? => {
            tracing::warn!("shards are annotated further after a failure");
            Ok(None)
        }
        Some(ShardRunState::Failed | ShardRunState::Succeeded) => fail(gas, job, name).await,
    }
}

async fn fail(gas: &Gas, job: &Job, name: RunName) -> Result<Option<Job>, ChangeError> {
    tracing::error!("the workflow of a run in shards cannot go on");
    let reason = RUN_LOST.to_owned();
    fail_job(&gas.jobs, job.id, Some(name.claim), FailureKind::Service, reason).await.map(Some)
}

/// Deletes what a run in shards has stored besides its result, with all versions.
///
/// # Errors
/// If the store is unavailable.
pub(super) async fn erase_shards(gas: &Gas, job: &Job) -> Result<(), PortError> {
    let prefix = gas.object_keys.shards_prefix(job.owner, job.id);
    gas.objects.erase(&gas.object_keys.results_bucket, &prefix).await
}

#[cfg(test)]
#[path = "sharded_run_tests.rs"]
mod tests;
