//! The tasks of runs in shards, from queue `shards`.
//!
//! A task of a run is void unless the job's row has the claim of the run. All workers of a run share the claim: the
//! row says which shards are annotated, so that one that is annotated twice counts once, and a cancelled job stops
//! them at their next heartbeat. The visibility of the message is the right to work on a task; if its worker dies,
//! SQS delivers the message to another one.

use super::annotate::ShardRun;
use super::join::Join;
use super::plan_files::PlanFiles;
use super::run_files::RunFiles;
use super::sparse_copy::CutInput;
use crate::attempt_error::AttemptError;
use crate::disk;
use crate::engine::EngineError;
use crate::handle::{JobOutcome, SERVICE_FAILURE, announce};
use crate::heartbeat::LostClaim;
use crate::held_claim::HeldClaim;
use crate::job_engine::JobEngine;
use crate::report::Report;
use crate::scratch::{ScratchAdmission, ScratchRoot};
use crate::utility::consume::{ConsumeError, Consumer, Handled};
use crate::worker::Worker;
use async_trait::async_trait;
use gas_backend::messages::{JobRequest, ShardTask};
use gas_backend::ports::{Message, Queue, ShardRuns};
use gas_backend::usecases::{
    ChangeError, Finished, annotate_whole, complete_job, fail_job, report_shard_alive,
    report_shard_done, run_of,
};
use gas_backend::{chain, record_job};
use gas_shared::job::{ClaimId, FailureKind, JobState, Progress, ResultForm, ShardProgress};
use gas_shared::vcf::Code;
use gas_shared::{Job, JobId, JobStatus};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::Span;
use tracing::field::display;

/// The delay of a task for which the disk has no space.
const NO_SPACE_DELAY: Duration = Duration::from_secs(60);

/// Annotates and joins shards, one at a time.
#[derive(Clone)]
pub(crate) struct ShardWorker {
    /// Its queue is that of shards.
    pub(crate) worker: Worker,
    pub(crate) runs: Arc<dyn ShardRuns>,
    /// The queue of the requests of jobs whose files may be annotated in shards.
    pub(crate) requests: Arc<dyn Queue>,
}

/// The work of a task.
#[derive(Clone, Copy, Debug)]
enum Work {
    /// Annotate the shard with this number.
    Shard(u32),
    Join,
}

/// A task that somebody waits for.
struct Task<'a> {
    message: &'a Message,
    token: &'a str,
    claim: ClaimId,
    work: Work,
}

impl Task<'_> {
    /// How much of its shard is annotated; `None` if the task is the join.
    fn running(&self, report: &Report) -> Option<(u32, ShardProgress)> {
        let Work::Shard(shard) = self.work else { return None };
        let progress = report.progress();
        let Progress { permille, records, .. } = *progress.borrow();
        Some((shard, ShardProgress { permille, records }))
    }
}

/// How the work of a task ended.
#[expect(clippy::large_enum_variant, reason = "one value per task, which is moved once")]
enum Ended {
    /// It succeeded. The job is completed if it was the join.
    Done(Option<Job>),
    /// This worker must stop, since the job has ended or nobody waits for the task.
    Void,
    NoSpace,
}

#[async_trait]
impl Consumer for ShardWorker {
    async fn handle(&self, message: &Message) -> Result<Handled, ConsumeError> {
        let (job_id, claim, token, work) = match serde_json::from_str(&message.body)? {
            ShardTask::Shard { job_id, claim, token, shard } => {
                (job_id, claim, token, Work::Shard(shard))
            }
            ShardTask::Join { job_id, claim, token } => (job_id, claim, token, Work::Join),
            ShardTask::Failed { job_id, claim, error } => {
                Span::current().record("job_id", display(job_id));
                tracing::error!(%error, "the workflow of a run in shards has failed");
                fail_run(&self.worker, job_id, claim).await?;
                return Ok(Handled::Done);
            }
        };
        Span::current().record("job_id", display(job_id));
        let task = Task { message, token: &token, claim, work };
        self.handle_task(job_id, task).await
    }
}

impl ShardWorker {
    async fn handle_task(&self, id: JobId, task: Task<'_>) -> Result<Handled, ConsumeError> {
        let Worker { gas, queue, .. } = &self.worker;
        let Some(job) = gas.jobs.store.job(id).await? else {
            self.runs.fail(task.token, "the job was deleted").await?;
            return Ok(Handled::Done);
        };
        record_job(&job);
        if job.status().is_final() {
            // Perhaps the worker that has ended it died before it could say so.
            announce(gas, &job).await?;
            self.end(&task, &job).await?;
            return Ok(Handled::Done);
        }
        if run_of(&job).is_none_or(|run| run.claim != task.claim) {
            self.runs.fail(task.token, "the run is over").await?;
            return Ok(Handled::Done);
        }
        if is_done(&job, task.work) {
            self.runs.succeed(task.token).await?;
            return Ok(Handled::Done);
        }
        let report = Report::new(gas.jobs.clock.clone());
        let worked = tokio::select! {
            worked = self.work(&job, &task, &report) => worked,
            () = self.until_void(&job, &task, &report) => Ok(Ended::Void),
        };
        match worked {
            Ok(Ended::Done(joined)) => {
                if let Some(job) = &joined {
                    announce(gas, job).await?;
                    tracing::info!(status = %job.status(), "job ended");
                }
                self.runs.succeed(task.token).await?;
                Ok(Handled::Done)
            }
            Ok(Ended::Void) => {
                tracing::info!("the task of a run in shards is void");
                self.runs.fail(task.token, "the run is over").await?;
                Ok(Handled::Done)
            }
            Ok(Ended::NoSpace) => {
                tracing::warn!("disk has no space for a shard; it returns to the queue");
                queue.send_later(&task.message.body, NO_SPACE_DELAY).await?;
                Ok(Handled::Done)
            }
            Err(error) => self.failed(&job, &task, error).await,
        }
    }

    /// Handles a failure as that of a run in one piece: a problem of the file ends the job.
    async fn failed(
        &self,
        job: &Job,
        task: &Task<'_>,
        error: AttemptError,
    ) -> Result<Handled, ConsumeError> {
        let Worker { gas, queue, .. } = &self.worker;
        if let AttemptError::ClaimLost(LostClaim::Rejected(_) | LostClaim::Deleted) = error {
            self.runs.fail(task.token, "the run is over").await?;
            return Ok(Handled::Done);
        }
        if is_unsorted(&error) {
            // A run in one piece sorts the records.
            match annotate_whole(gas, job, task.claim).await {
                Ok(_) => {
                    tracing::warn!("records are not sorted; the file is annotated in one piece");
                    // If this is lost, the reconciler sends the job to the workers.
                    send_request(&*self.requests, job.id).await?;
                }
                Err(ChangeError::Rejected { .. } | ChangeError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
            self.runs.fail(task.token, "the records are not sorted").await?;
            return Ok(Handled::Done);
        }
        let text = chain(&error).to_string();
        let report = Report::new(gas.jobs.clock.clone());
        report.resume(gas, job).await;
        match self.worker.failed(job, task.claim, error, &report).await {
            JobOutcome::Final(Ok(job)) => {
                announce(gas, &job).await?;
                tracing::info!(status = %job.status(), "job ended");
                self.end(task, &job).await?;
                Ok(Handled::Done)
            }
            JobOutcome::Final(Err(ChangeError::Rejected { .. } | ChangeError::NotFound(_))) => {
                self.runs.fail(task.token, "the run is over").await?;
                Ok(Handled::Done)
            }
            JobOutcome::Final(Err(error)) => Err(error.into()),
            JobOutcome::GivenUp(error) => Err(error.into()),
            JobOutcome::NoSpace => {
                queue.send_later(&task.message.body, NO_SPACE_DELAY).await?;
                Ok(Handled::Done)
            }
            // SQS delivers the message again, and moves it to the dead-letter queue after the fifth time.
            JobOutcome::EngineFailed(_)
            | JobOutcome::Lost(_)
            | JobOutcome::Interrupted
            | JobOutcome::Sharded => Err(ConsumeError::Failed(text.into())),
        }
    }

    /// Ends a task of a job that has ended.
    async fn end(&self, task: &Task<'_>, job: &Job) -> Result<(), ConsumeError> {
        match &job.state {
            JobState::Completed(_) => self.runs.succeed(task.token).await?,
            JobState::Failed(failure) => self.runs.fail(task.token, &failure.reason).await?,
            _ => self.runs.fail(task.token, "the job has ended").await?,
        }
        Ok(())
    }

    /// Sends heartbeats until the task is void: nobody waits for it, or the job has ended.
    async fn until_void(&self, job: &Job, task: &Task<'_>, report: &Report) {
        let every = self.worker.timing.heartbeat_interval();
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let jobs = &self.worker.gas.jobs;
            let both = async {
                tokio::join!(
                    report_shard_alive(jobs, job.id, task.claim, task.running(report)),
                    self.runs.heartbeat(task.token)
                )
            };
            let Ok((row, awaited)) = tokio::time::timeout(every, both).await else {
                tracing::warn!("heartbeat timed out");
                continue;
            };
            match row {
                Err(ChangeError::Rejected { .. } | ChangeError::NotFound(_)) => return,
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "heartbeat of a shard not written")
                }
                Ok(_) => {}
            }
            match awaited {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "heartbeat of a shard not sent")
                }
            }
        }
    }

    async fn work(
        &self,
        job: &Job,
        task: &Task<'_>,
        report: &Report,
    ) -> Result<Ended, AttemptError> {
        let Worker { gas, intake, scratch, .. } = &self.worker;
        let files = RunFiles { object_keys: &gas.object_keys, job, claim: task.claim };
        let plan = intake.retry(|| PlanFiles::fetch(gas, &files)).await?;
        let input = CutInput::of_run(gas, intake, &files).await?;
        match task.work {
            Work::Shard(number) => {
                let shard = plan.shard(number).ok_or(AttemptError::NoOutput("planned shard"))?;
                let range = shard.range(&plan.head);
                let bytes = range.end - range.start;
                let gzip = job.input.name.is_gzip();
                let need = disk::space_needed(bytes, gzip, ResultForm::Bgzf);
                let Some(folder) = admitted(scratch, need)? else { return Ok(Ended::NoSpace) };
                let Worker { engine, references, sources, .. } = &self.worker;
                let job_engine =
                    JobEngine::of(engine, references, sources, intake, job, report).await?;
                let engine = &job_engine.engine;
                let (worker, plan, folder) = (&self.worker, &plan, folder.path());
                let (input, exclude) = (&input, None);
                let run = ShardRun { worker, files, input, engine, plan, shard, exclude, folder };
                let begun = Instant::now();
                let records = run.annotate(report).await?;
                let done = || report_shard_done(&gas.jobs, job.id, task.claim, number, records);
                let reported = self.reported(intake.retry(done).await)?;
                let Some(job) = reported else { return Ok(Ended::Void) };
                tracing::info!(
                    shard = number,
                    bytes,
                    records,
                    millis = begun.elapsed().as_millis(),
                    "shard annotated"
                );
                if let JobState::Running(run) = &job.state
                    && run.shards.as_ref().is_some_and(|shards| shards.is_complete())
                {
                    tracing::info!("all shards are annotated");
                }
                Ok(Ended::Done(None))
            }
            Work::Join => {
                let Some(folder) = admitted(scratch, join_space(plan.head.input_bytes))? else {
                    return Ok(Ended::NoSpace);
                };
                report.resume(gas, job).await;
                if let JobState::Running(run) = &job.state {
                    report.advance(run.progress.clone());
                }
                let held = HeldClaim { gas, intake, job, claim: task.claim, report };
                let (worker, plan, folder) = (&self.worker, &plan, folder.path());
                let input = &input;
                let finished = Join { worker, held, files, input, plan, folder }.run().await?;
                report.note(&joined_note(&finished));
                report.store(gas, job).await;
                let complete = || complete_job(gas, job, task.claim, finished.clone());
                let job = self.reported(intake.retry(complete).await)?;
                Ok(job.map_or(Ended::Void, |job| Ended::Done(Some(job))))
            }
        }
    }

    /// The changed job; `None` if the change was rejected.
    fn reported(&self, changed: Result<Job, ChangeError>) -> Result<Option<Job>, AttemptError> {
        match changed {
            Ok(job) => Ok(Some(job)),
            Err(ChangeError::Rejected { .. } | ChangeError::NotFound(_)) => Ok(None),
            Err(ChangeError::Port(error)) => Err(error.into()),
            Err(error @ ChangeError::Contended(_)) => {
                Err(gas_backend::ports::PortError::new("report a shard", error).into())
            }
        }
    }
}

/// Whether the work of a task was done by an earlier delivery of its message.
fn is_done(job: &Job, work: Work) -> bool {
    match (&job.state, work) {
        (JobState::Running(run), Work::Shard(number)) => {
            run.shards.as_ref().is_some_and(|shards| shards.done.contains(&number))
        }
        _ => false,
    }
}

/// Whether a shard cannot be annotated because the records of the file are not sorted.
fn is_unsorted(error: &AttemptError) -> bool {
    let AttemptError::Engine(EngineError::BadInput(problem)) = error else { return false };
    problem.code.as_deref() == Some(Code::Unsorted.as_str())
}

/// Sends a job to the workers.
async fn send_request(requests: &dyn Queue, job_id: JobId) -> Result<(), ConsumeError> {
    let body = serde_json::to_string(&JobRequest { job_id })?;
    Ok(requests.send_later(&body, Duration::ZERO).await?)
}

/// A scratch folder; `None` if there is no space.
fn admitted(scratch: &ScratchRoot, need: u64) -> Result<Option<TempDir>, AttemptError> {
    match scratch.admit(need).map_err(io::Error::other)? {
        ScratchAdmission::Admitted(folder) => Ok(Some(folder)),
        ScratchAdmission::Wait(_) => Ok(None),
        ScratchAdmission::Never(space) => Err(AttemptError::NeverFits { need, total: space.total }),
    }
}

/// The space of a join, in bytes: the explorer's indexes of the shards and of the result, and what the region
/// index is made of.
fn join_space(input_bytes: u64) -> u64 {
    (input_bytes / 4).max(disk::smallest_need())
}

fn joined_note(finished: &Finished) -> String {
    let missing = finished.not_annotated.unwrap_or_default().total();
    let annotated = finished.records.saturating_sub(missing);
    format!("result stored; records: {}, annotated: {annotated}", finished.records)
}

/// Fails the job of a run that cannot go on, unless it has ended, and announces that.
pub(super) async fn fail_run(
    worker: &Worker,
    id: JobId,
    claim: ClaimId,
) -> Result<(), ChangeError> {
    let gas = &worker.gas;
    let Some(job) = gas.jobs.store.job(id).await? else { return Ok(()) };
    if !job.status().is_final() && run_of(&job).is_none_or(|run| run.claim != claim) {
        // The run was given up, and the job is annotated in one piece.
        return Ok(());
    }
    let reason = SERVICE_FAILURE.to_owned();
    let failed = fail_job(&gas.jobs, id, Some(claim), FailureKind::Service, reason).await;
    let job = match failed {
        Ok(job) => Some(job),
        Err(ChangeError::Rejected { .. }) => gas.jobs.store.job(id).await?,
        Err(ChangeError::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    match job {
        Some(job) if job.status() == JobStatus::Failed => Ok(announce(gas, &job).await?),
        _ => Ok(()),
    }
}
