//! One job request: claim the job, run an attempt, end or release the job, delete the message.
//!
//! Only failures of the engine count as attempts, in the row. While a service is unavailable, the
//! worker holds its claim and repeats the call ([`crate::outage`]).

use crate::attempt::attempt;
use crate::attempt_error::AttemptError;
use crate::delivery::{give_back, give_back_after, keep_invisible};
use crate::disk::{self, Space};
use crate::engine::{EngineError, InputProblem};
use crate::heartbeat::{Heartbeat, LostClaim};
use crate::held_claim::HeldClaim;
use crate::reference_cache::CacheError;
use crate::references::ReferenceFailure;
use crate::report::Report;
use crate::scratch::ScratchAdmission;
use crate::sources::SourceFailure;
use crate::worker::Worker;
use gas_backend::messages::JobRequest;
use gas_backend::ports::{Message, PortResult, Queue};
use gas_backend::usecases::{
    ChangeError, Finished, InputRejection, ReferenceError, announce_result, claim_job,
    complete_job, fail_job, reject_input, release_job, run_of, start_shards,
};
use gas_backend::{AnnotateGas, chain, record_job};
use gas_runtime::{Shutdown, record_trace};
use gas_shared::exit_code::WRONG_ASSEMBLY;
use gas_shared::job::{AssemblyMismatch, ChangeRejected, ClaimId, FailureKind, JobState};
use gas_shared::{Job, JobId, JobStatus};
use jiff::SignedDuration;
use std::path::Path;
use std::time::Duration;
use tracing::Span;
use tracing::field::display;

/// How long the release of a job may take at shutdown, after the grace period.
const RELEASE_TIME: Duration = Duration::from_secs(10);

/// The pause after the first failure of the engine; it doubles with each further one.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause between two checks of a job that another worker holds.
const MAX_RECHECK_PAUSE: Duration = Duration::from_secs(900);

/// The shortest delay of a job for which the disk has no space. The longest is twice as long.
const NO_SPACE_DELAY: Duration = Duration::from_secs(60);

/// The reason that the owner reads if all attempts failed for reasons other than the input.
pub(crate) const SERVICE_FAILURE: &str = "annotation failed repeatedly because of a problem on our \
     side; upload the file again, and contact us if it still fails";

/// How a claimed job leaves this worker.
#[expect(clippy::large_enum_variant, reason = "one value per job, which is moved once")]
pub(crate) enum JobOutcome {
    /// The job was completed or failed, or its row rejected that.
    Final(Result<Job, ChangeError>),
    /// The engine failed for this many times now, and another attempt is left.
    EngineFailed(u32),
    /// A service was unavailable for too long, or the failure concerns this message only.
    GivenUp(AttemptError),
    /// This worker no longer holds the claim.
    Lost(LostClaim),
    /// The worker shuts down before the run has ended.
    Interrupted,
    /// The disk of this machine, or its cache of references, has too little space now.
    NoSpace,
    /// All workers annotate the file, in shards.
    Sharded,
}

impl Worker {
    /// Handles a message. If that fails, SQS delivers the message again.
    #[tracing::instrument(
        name = "job_request",
        skip_all,
        fields(job_id, user_id, trace_id, attempt = message.receive_count)
    )]
    pub(crate) async fn handle(&self, message: &Message, shutdown: &Shutdown) {
        if let Some(trace) = message.trace {
            record_trace(trace);
        }
        let handled = tokio::select! {
            handled = self.try_handle(message, shutdown) => handled,
            // The claim, if there is one, is released in time; see `work`.
            () = shutdown.overdue(RELEASE_TIME) => Ok(()),
        };
        if let Err(error) = handled {
            tracing::error!(error = %chain(&error), "message failed; SQS delivers it again");
        }
    }

    async fn try_handle(&self, message: &Message, shutdown: &Shutdown) -> Result<(), ChangeError> {
        let id = match serde_json::from_str::<JobRequest>(&message.body) {
            Ok(request) => request.job_id,
            Err(error) => {
                tracing::error!(%error, "message is not a job request; it moves to the dead-letter queue");
                return Ok(self.queue.extend(message, Duration::ZERO).await?);
            }
        };
        Span::current().record("job_id", display(id));
        let timeout = self.timing.heartbeat_timeout();
        let claimed = tokio::select! {
            claimed = self.intake.retry(|| claim_job(&self.gas.jobs, id, timeout)) => claimed,
            never = keep_invisible(&*self.queue, self.timing.visibility, message) => match never {},
            () = shutdown.due() => return Ok(give_back(&*self.queue, message).await?),
        };
        match claimed {
            Ok((job, claim)) => self.work(message, &job, claim, shutdown).await,
            Err(ChangeError::Rejected { rejected: ChangeRejected::StillRunning, .. }) => {
                Ok(self.still_running(message, id).await?)
            }
            Err(ChangeError::Rejected { .. }) => self.settle(message, id).await,
            Err(ChangeError::NotFound(_)) => Ok(self.delete_orphan(message).await?),
            Err(error) => Err(error),
        }
    }

    async fn work(
        &self,
        message: &Message,
        job: &Job,
        claim: ClaimId,
        shutdown: &Shutdown,
    ) -> Result<(), ChangeError> {
        record_job(job);
        tracing::info!("job claimed");
        let report = Report::new(self.gas.jobs.clock.clone());
        report.resume(&self.gas, job).await;
        let ended = match self.split(message, job, claim, &report, shutdown).await {
            Some(ended) => ended,
            None => self.work_on_whole(message, job, claim, &report, shutdown).await,
        };
        self.leave(message, job, claim, ended).await
    }

    /// Annotates a file in one piece.
    async fn work_on_whole(
        &self,
        message: &Message,
        job: &Job,
        claim: ClaimId,
        report: &Report,
        shutdown: &Shutdown,
    ) -> JobOutcome {
        let (size, gzip) = (job.input.size.unwrap_or(0), job.input.name.is_gzip());
        let need = disk::space_needed(size, gzip, self.engine.result_form(size, gzip));
        match self.scratch.admit(need) {
            Ok(ScratchAdmission::Admitted(folder)) => {
                report.note(&format!("attempt {} started", engine_failures(job) + 1));
                self.run(message, job, claim, report, folder.path(), shutdown).await
            }
            Ok(ScratchAdmission::Wait(space)) => {
                tracing::warn!(
                    need_bytes = need,
                    free_bytes = space.free,
                    "disk has no space for the job; it returns to the queue"
                );
                JobOutcome::NoSpace
            }
            Ok(ScratchAdmission::Never(Space { total, .. })) => {
                self.failed(job, claim, AttemptError::NeverFits { need, total }, report).await
            }
            Err(error) => self.failed(job, claim, error.into(), report).await,
        }
    }

    /// Finishes, releases or returns a job that this worker had claimed.
    async fn leave(
        &self,
        message: &Message,
        job: &Job,
        claim: ClaimId,
        ended: JobOutcome,
    ) -> Result<(), ChangeError> {
        match ended {
            JobOutcome::Sharded => Ok(self.intake.retry(|| self.queue.delete(message)).await?),
            JobOutcome::Final(ended) => self.end(message, job.id, ended).await,
            JobOutcome::EngineFailed(failures) => {
                let pause = retry_pause(failures).min(self.timing.visibility);
                self.intake.retry(|| self.release(job.id, claim, true)).await?;
                Ok(self.queue.extend(message, pause).await?)
            }
            JobOutcome::GivenUp(error) => {
                tracing::error!(error = %chain(&error), "attempt given up; SQS delivers the message again");
                self.release(job.id, claim, false).await?;
                Ok(self.queue.extend(message, self.timing.visibility).await?)
            }
            JobOutcome::NoSpace => {
                self.intake.retry(|| self.release(job.id, claim, false)).await?;
                let delay = NO_SPACE_DELAY.mul_f64(1.0 + fastrand::f64());
                let back = || give_back_after(&*self.queue, message, delay);
                Ok(self.intake.retry(back).await?)
            }
            JobOutcome::Lost(LostClaim::Rejected(
                ChangeRejected::ClaimLost | ChangeRejected::StillRunning,
            )) => {
                // The other worker has received the message, too, and will delete it.
                tracing::warn!("another worker has claimed the job");
                Ok(())
            }
            JobOutcome::Lost(
                LostClaim::Rejected(
                    ChangeRejected::Illegal { .. } | ChangeRejected::IllegalResults { .. },
                )
                | LostClaim::Deleted,
            ) => self.settle(message, job.id).await,
            JobOutcome::Interrupted => {
                tracing::info!("job released before its run has ended");
                if let Err(error) = self.release(job.id, claim, false).await {
                    // Another worker may claim the job when the heartbeat times out.
                    tracing::warn!(error = %chain(&error), "job not released");
                }
                Ok(give_back(&*self.queue, message).await?)
            }
        }
    }

    /// Runs one attempt and records its end, with a heartbeat all the while, until either ends or
    /// the grace period is over.
    async fn run(
        &self,
        message: &Message,
        job: &Job,
        claim: ClaimId,
        report: &Report,
        folder: &Path,
        shutdown: &Shutdown,
    ) -> JobOutcome {
        let (gas, queue, timing) = (&self.gas, &*self.queue, self.timing);
        let heartbeat = Heartbeat { gas, queue, timing, message, job, claim, report };
        tokio::select! {
            ended = self.run_to_end(job, claim, report, folder) => ended,
            lost = heartbeat.run() => JobOutcome::Lost(lost),
            () = shutdown.due() => JobOutcome::Interrupted,
        }
    }

    async fn run_to_end(
        &self,
        job: &Job,
        claim: ClaimId,
        report: &Report,
        folder: &Path,
    ) -> JobOutcome {
        let held = HeldClaim { gas: &self.gas, intake: &self.intake, job, claim, report };
        match attempt(self, held, folder).await {
            Ok(finished) => {
                report.note(&stored_note(&finished));
                report.store(&self.gas, job).await;
                // The output is stored: an outage must not cost another run of the engine.
                let complete = || complete_job(&self.gas, job, claim, finished.clone());
                JobOutcome::Final(self.intake.retry(complete).await)
            }
            Err(AttemptError::ClaimLost(lost)) => JobOutcome::Lost(lost),
            Err(error) => self.failed(job, claim, error, report).await,
        }
    }

    pub(crate) async fn failed(
        &self,
        job: &Job,
        claim: ClaimId,
        error: AttemptError,
        report: &Report,
    ) -> JobOutcome {
        let failures = engine_failures(job) + 1;
        if let Some(code) = error.unavailable() {
            let (reason, code) = (error.to_string(), Some(code.to_owned()));
            let rejection = InputRejection { reason, code, mismatch: None };
            return self.rejected(job, claim, rejection, report).await;
        }
        let (kind, reason) = match error {
            AttemptError::Engine(EngineError::BadInput(problem)) => {
                let rejection = self.rejection(job, problem).await;
                return self.rejected(job, claim, rejection, report).await;
            }
            AttemptError::Reference(ReferenceFailure::Cache(error @ CacheError::Full { .. }))
            | AttemptError::Source(SourceFailure::Cache(error @ CacheError::Full { .. })) => {
                tracing::warn!(error = %chain(&error), "job returns to the queue");
                return JobOutcome::NoSpace;
            }
            AttemptError::Engine(EngineError::OverLimit(reason)) => (FailureKind::Input, reason),
            error @ (AttemptError::InputReplaced | AttemptError::InputMissing) => {
                (FailureKind::Input, error.to_string())
            }
            error if error.is_disk_full() => {
                tracing::error!(
                    alert = "disk",
                    error = %chain(&error),
                    "disk is full; the job is retried on any worker: free some space"
                );
                report.note("attempt interrupted because a disk on our side is full");
                report.store(&self.gas, job).await;
                return JobOutcome::GivenUp(error);
            }
            error @ (AttemptError::Port(_)
            | AttemptError::Scratch(_)
            | AttemptError::NewerOptions
            | AttemptError::Reference(
                ReferenceFailure::Catalog(ReferenceError::Port(_))
                | ReferenceFailure::Cache(CacheError::Catalog(_) | CacheError::File(_)),
            )
            | AttemptError::Source(
                SourceFailure::Catalog(_)
                | SourceFailure::Cache(CacheError::Catalog(_) | CacheError::File(_)),
            )) => {
                report.note("attempt interrupted because of a problem on our side");
                report.store(&self.gas, job).await;
                return JobOutcome::GivenUp(error);
            }
            error if failures < self.max_attempts => {
                tracing::error!(error = %chain(&error), "attempt failed; the job is retried");
                report.note("attempt failed because of a problem on our side; it will be repeated");
                report.store(&self.gas, job).await;
                return JobOutcome::EngineFailed(failures);
            }
            error => {
                tracing::error!(error = %chain(&error), "last attempt failed");
                (FailureKind::Service, SERVICE_FAILURE.to_owned())
            }
        };
        report.note(&format!("failed: {reason}"));
        report.store(&self.gas, job).await;
        let fail = || fail_job(&self.gas.jobs, job.id, Some(claim), kind, reason.clone());
        JobOutcome::Final(self.intake.retry(fail).await)
    }

    /// Why the owner's file is rejected, with the references that would fit, if it is of another
    /// assembly.
    pub(crate) async fn rejection(&self, job: &Job, problem: InputProblem) -> InputRejection {
        let InputProblem { reason, code, found_assembly } = problem;
        let references = &self.references;
        let chosen = job.options.known().and_then(|options| options.reference.as_ref());
        let mismatch = match (chosen.or(references.default_id()), found_assembly) {
            (Some(chosen), Some(found)) if code.as_deref() == Some(WRONG_ASSEMBLY) => {
                let fitting = references.of_assembly(&found).await;
                Some(AssemblyMismatch { found, chosen: chosen.clone(), fitting })
            }
            _ => None,
        };
        InputRejection { reason, code, mismatch }
    }

    /// Ends the job because of a problem of its file or options.
    async fn rejected(
        &self,
        job: &Job,
        claim: ClaimId,
        rejection: InputRejection,
        report: &Report,
    ) -> JobOutcome {
        report.note(&format!("failed: {}", rejection.reason));
        report.store(&self.gas, job).await;
        let reject = || reject_input(&self.gas.jobs, job.id, claim, rejection.clone());
        JobOutcome::Final(self.intake.retry(reject).await)
    }

    /// Finishes the message after the job was completed or failed.
    async fn end(
        &self,
        message: &Message,
        id: JobId,
        ended: Result<Job, ChangeError>,
    ) -> Result<(), ChangeError> {
        match ended {
            Ok(job) => Ok(self.finish(message, &job).await?),
            Err(ChangeError::Rejected { rejected: ChangeRejected::Illegal { .. }, .. }) => {
                self.settle(message, id).await
            }
            Err(ChangeError::Rejected { .. }) => {
                tracing::warn!("another worker has claimed the job");
                Ok(())
            }
            Err(ChangeError::NotFound(_)) => Ok(self.delete_orphan(message).await?),
            Err(error) => Err(error),
        }
    }

    /// Finishes the message of a job that has ended already, perhaps by a worker that died before
    /// it could finish the message.
    async fn settle(&self, message: &Message, id: JobId) -> Result<(), ChangeError> {
        match self.intake.retry(|| self.gas.jobs.store.job(id)).await? {
            Some(job) if job.status().is_final() => Ok(self.finish(message, &job).await?),
            // The job is not uploaded yet; confirming the upload sends another message.
            Some(_) => Ok(self.queue.extend(message, self.timing.visibility).await?),
            None => Ok(self.delete_orphan(message).await?),
        }
    }

    /// Announces the end of a job and deletes its message, in this order: if the worker dies in
    /// between, the message is delivered again.
    async fn finish(&self, message: &Message, job: &Job) -> PortResult<()> {
        self.intake.retry(|| announce(&self.gas, job)).await?;
        self.intake.retry(|| self.queue.delete(message)).await?;
        tracing::info!(status = %job.status(), "job ended");
        Ok(())
    }

    async fn delete_orphan(&self, message: &Message) -> PortResult<()> {
        self.intake.retry(|| delete_orphan(&*self.queue, message)).await
    }

    /// Handles the message of a job that is running: in shards, or on another worker.
    async fn still_running(&self, message: &Message, id: JobId) -> PortResult<()> {
        match self.intake.retry(|| self.gas.jobs.store.job(id)).await? {
            // The worker that has planned the shards may have died before it could start them.
            Some(job) if run_of(&job).is_some() => {
                self.intake.retry(|| start_shards(&self.gas, &job)).await?;
                self.intake.retry(|| self.queue.delete(message)).await
            }
            _ => self.recheck_later(message, id).await,
        }
    }

    /// Postpones the message of a job that another worker runs. This may be the only message of the
    /// job, so it is checked again when the heartbeat of that worker would time out, and then less
    /// and less often, so that a long run does not use up the message's receive count.
    async fn recheck_later(&self, message: &Message, id: JobId) -> PortResult<()> {
        let job = self.intake.retry(|| self.gas.jobs.store.job(id)).await?;
        let left = job.and_then(|job| self.until_timeout(&job)).unwrap_or_default();
        let pause = recheck_pause(message.receive_count, left, self.timing.visibility);
        tracing::info!(pause_secs = pause.as_secs(), "job runs on another worker; checking again");
        self.queue.extend(message, pause).await
    }

    /// The time until the heartbeat of a running job times out.
    fn until_timeout(&self, job: &Job) -> Option<Duration> {
        let JobState::Running(run) = &job.state else { return None };
        let age = self.gas.now().duration_since(run.heartbeat_at);
        let left = self.timing.heartbeat_timeout() - age + SignedDuration::from_secs(1);
        Duration::try_from(left).ok()
    }

    /// Releases the claim for another attempt. A job that has changed in the meantime has nothing
    /// to release: its message is settled when it is delivered again.
    async fn release(
        &self,
        id: JobId,
        claim: ClaimId,
        engine_failed: bool,
    ) -> Result<(), ChangeError> {
        match release_job(&self.gas.jobs, id, claim, engine_failed).await {
            Ok(_) | Err(ChangeError::Rejected { .. } | ChangeError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Announces the end of a job, unless its owner ended it.
pub(crate) async fn announce(gas: &AnnotateGas, job: &Job) -> PortResult<()> {
    if job.status() == JobStatus::Cancelled {
        Ok(())
    } else {
        announce_result(&*gas.job_results, job).await
    }
}

/// Deletes the message of a job that does not exist. Jobs are created before their messages, so the
/// job was deleted.
async fn delete_orphan(queue: &dyn Queue, message: &Message) -> PortResult<()> {
    tracing::info!("job was deleted");
    queue.delete(message).await
}

/// The line of the run log about a stored result.
fn stored_note(finished: &Finished) -> String {
    let missing = finished.not_annotated.unwrap_or_default().total();
    let annotated = finished.records.saturating_sub(missing);
    format!("result stored; records: {}, annotated: {annotated}", finished.records)
}

fn engine_failures(job: &Job) -> u32 {
    if let JobState::Running(run) = &job.state { run.engine_failures } else { 0 }
}

fn retry_pause(failures: u32) -> Duration {
    RETRY_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16))
}

fn recheck_pause(receive_count: u32, until_timeout: Duration, visibility: Duration) -> Duration {
    let backoff = visibility.saturating_mul(1 << receive_count.min(8));
    // The first check is as early as is useful, since the other worker may be dead.
    let pause = if receive_count <= 1 { until_timeout } else { until_timeout.max(backoff) };
    pause.clamp(Duration::from_secs(1), MAX_RECHECK_PAUSE)
}

#[cfg(test)]
#[path = "handle_tests/mod.rs"]
mod tests;
