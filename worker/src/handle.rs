//! One job request: claim the job, run an attempt, end or release the job, delete the message.

use crate::attempt::{AttemptError, attempt};
use crate::engine::{Engine, EngineError};
use crate::heartbeat::{Heartbeat, LostClaim};
use crate::report::Report;
use crate::scratch::ScratchRoot;
use crate::settings::Timing;
use gas_backend::messages::JobRequest;
use gas_backend::ports::{Message, PortResult, Queue};
use gas_backend::usecases::{
    ChangeError, Finished, announce_result, claim_job, complete_job, fail_job, release_job,
};
use gas_backend::{Gas, chain};
use gas_runtime::Shutdown;
use gas_shared::job::{ChangeRefused, ClaimId, FailureKind, JobState};
use gas_shared::{Job, JobId, JobStatus};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;
use tracing::Span;
use tracing::field::display;

/// The pause after the first failed attempt; it doubles with each further one.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause between two checks of a job that another worker holds.
const MAX_RECHECK_PAUSE: Duration = Duration::from_secs(900);

/// The reason that the owner reads if all attempts failed for reasons other than the input.
pub(crate) const SERVICE_FAILURE: &str = "annotation failed repeatedly because of a problem on our \
     side; upload the file again, and contact us if it still fails";

/// Handles job requests.
pub(crate) struct Worker {
    pub(crate) gas: Gas,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) engine: Engine,
    pub(crate) timing: Timing,
    /// The number of attempts after which a failing job is marked FAILED.
    pub(crate) max_attempts: u32,
    pub(crate) scratch: ScratchRoot,
}

/// The end of an attempt.
enum Ended {
    Finished(Finished),
    Failed(AttemptError),
    /// This worker no longer holds the claim.
    Lost(LostClaim),
    /// The worker shuts down before the run has ended.
    Interrupted,
}

impl Worker {
    /// Handles a message. If that fails, SQS delivers the message again.
    #[tracing::instrument(
        name = "job_request",
        skip_all,
        fields(job_id, user_id, attempt = message.receive_count)
    )]
    pub(crate) async fn handle(&self, message: &Message, shutdown: &Shutdown) {
        if let Err(error) = self.try_handle(message, shutdown).await {
            tracing::error!(error = %chain(&error), "message failed; SQS delivers it again");
        }
    }

    async fn try_handle(&self, message: &Message, shutdown: &Shutdown) -> Result<(), ChangeError> {
        let id = match serde_json::from_str::<JobRequest>(&message.body) {
            Ok(request) => request.job_id,
            Err(error) => {
                tracing::error!(%error, "message is not a job request; it moves to the dead-letter queue");
                return Ok(self.postpone(message, Duration::ZERO).await?);
            }
        };
        Span::current().record("job_id", display(id));
        match claim_job(&self.gas, id, self.timing.heartbeat_timeout()).await {
            Ok((job, claim)) => self.work(message, &job, claim, shutdown).await,
            Err(ChangeError::Refused { refused: ChangeRefused::StillRunning, .. }) => {
                Ok(self.recheck_later(message, id).await?)
            }
            Err(ChangeError::Refused { .. }) => self.settle(message, id).await,
            Err(ChangeError::NotFound(_)) => Ok(delete_orphan(&*self.queue, message).await?),
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
        Span::current().record("user_id", display(job.owner));
        tracing::info!("job claimed");
        let report = Report::new(self.gas.jobs.clock.clone());
        report.resume(&self.gas, job).await;
        report.note(&format!("attempt {} started", message.receive_count));
        match self.run(message, job, claim, &report, shutdown).await {
            Ended::Finished(finished) => {
                report.note(&format!("records annotated and stored: {}", finished.records));
                report.store(&self.gas, job).await;
                let ended = complete_job(&self.gas, job, claim, finished).await;
                self.end(message, job.id, ended).await
            }
            Ended::Failed(error) => self.failed(message, job, claim, error, &report).await,
            Ended::Lost(LostClaim::Refused(
                ChangeRefused::ClaimLost | ChangeRefused::StillRunning,
            )) => {
                // The other worker has received the message, too, and will delete it.
                tracing::warn!("another worker has claimed the job");
                Ok(())
            }
            Ended::Lost(
                LostClaim::Refused(
                    ChangeRefused::Illegal { .. } | ChangeRefused::IllegalResults { .. },
                )
                | LostClaim::Deleted,
            ) => self.settle(message, job.id).await,
            Ended::Interrupted => {
                tracing::info!("job released before its run has ended");
                self.release(message, job.id, claim, Duration::ZERO).await
            }
        }
    }

    /// Runs one attempt with its heartbeat until either ends or the grace period is over.
    async fn run(
        &self,
        message: &Message,
        job: &Job,
        claim: ClaimId,
        report: &Report,
        shutdown: &Shutdown,
    ) -> Ended {
        let (gas, queue, timing) = (&self.gas, &*self.queue, self.timing);
        let heartbeat = Heartbeat { gas, queue, timing, message, job, claim, report };
        tokio::select! {
            done = attempt(gas, &self.engine, &self.scratch, job, report) => match done {
                Ok(finished) => Ended::Finished(finished),
                Err(error) => Ended::Failed(error),
            },
            lost = heartbeat.run() => Ended::Lost(lost),
            () = shutdown.due() => Ended::Interrupted,
        }
    }

    async fn failed(
        &self,
        message: &Message,
        job: &Job,
        claim: ClaimId,
        error: AttemptError,
        report: &Report,
    ) -> Result<(), ChangeError> {
        let id = job.id;
        let (kind, reason) = match error {
            AttemptError::Engine(
                EngineError::BadInput(reason) | EngineError::OverLimit(reason),
            ) => (FailureKind::Input, reason),
            error @ AttemptError::InputReplaced => (FailureKind::Input, error.to_string()),
            error if message.receive_count < self.max_attempts => {
                tracing::error!(error = %chain(&error), "attempt failed; the job is retried");
                report.note("attempt failed because of a problem on our side; it will be repeated");
                report.store(&self.gas, job).await;
                let pause = retry_pause(message.receive_count).min(self.timing.visibility);
                return self.release(message, id, claim, pause).await;
            }
            error => {
                tracing::error!(error = %chain(&error), "last attempt failed");
                (FailureKind::Service, SERVICE_FAILURE.to_owned())
            }
        };
        report.note(&format!("failed: {reason}"));
        report.store(&self.gas, job).await;
        let ended = fail_job(&self.gas, id, Some(claim), kind, reason).await;
        self.end(message, id, ended).await
    }

    /// Finishes the message after the job was completed or failed.
    async fn end(
        &self,
        message: &Message,
        id: JobId,
        ended: Result<Job, ChangeError>,
    ) -> Result<(), ChangeError> {
        match ended {
            Ok(job) => finish(&self.gas, &*self.queue, message, &job).await,
            Err(ChangeError::Refused { refused: ChangeRefused::Illegal { .. }, .. }) => {
                self.settle(message, id).await
            }
            Err(ChangeError::Refused { .. }) => {
                tracing::warn!("another worker has claimed the job");
                Ok(())
            }
            Err(ChangeError::NotFound(_)) => Ok(delete_orphan(&*self.queue, message).await?),
            Err(error) => Err(error),
        }
    }

    /// Finishes the message of a job that has ended already, perhaps by a worker that died before
    /// it could finish the message.
    async fn settle(&self, message: &Message, id: JobId) -> Result<(), ChangeError> {
        match self.gas.jobs.store.job(id).await? {
            Some(job) if job.status().is_final() => {
                finish(&self.gas, &*self.queue, message, &job).await
            }
            // The job is not uploaded yet; confirming the upload sends another message.
            Some(_) => Ok(self.postpone(message, self.timing.visibility).await?),
            None => Ok(delete_orphan(&*self.queue, message).await?),
        }
    }

    /// Postpones the message of a job that another worker runs. This may be the only message of the
    /// job, so it is checked again when the heartbeat of that worker would time out, and then less
    /// and less often, so that a long run does not use up the message's receive count.
    async fn recheck_later(&self, message: &Message, id: JobId) -> PortResult<()> {
        let job = self.gas.jobs.store.job(id).await?;
        let left = job.and_then(|job| self.until_timeout(&job)).unwrap_or_default();
        let pause = recheck_pause(message.receive_count, left, self.timing.visibility);
        tracing::info!(pause_secs = pause.as_secs(), "job runs on another worker; checking again");
        self.postpone(message, pause).await
    }

    /// The time until the heartbeat of a running job times out.
    fn until_timeout(&self, job: &Job) -> Option<Duration> {
        let JobState::Running(run) = &job.state else { return None };
        let age = self.gas.now().duration_since(run.heartbeat_at);
        let left = self.timing.heartbeat_timeout() - age + SignedDuration::from_secs(1);
        Duration::try_from(left).ok()
    }

    /// Releases the claim and makes the message visible after `pause` for another attempt.
    async fn release(
        &self,
        message: &Message,
        id: JobId,
        claim: ClaimId,
        pause: Duration,
    ) -> Result<(), ChangeError> {
        match release_job(&self.gas, id, claim).await {
            Ok(_) => Ok(self.postpone(message, pause).await?),
            Err(ChangeError::Refused { refused: ChangeRefused::Illegal { .. }, .. }) => {
                self.settle(message, id).await
            }
            Err(ChangeError::Refused { .. }) => Ok(()),
            Err(ChangeError::NotFound(_)) => Ok(delete_orphan(&*self.queue, message).await?),
            Err(error) => Err(error),
        }
    }

    async fn postpone(&self, message: &Message, pause: Duration) -> PortResult<()> {
        self.queue.extend(message, pause).await
    }
}

/// Announces the end of a job and deletes its message, in this order: if the worker dies in
/// between, the message is delivered again.
pub(crate) async fn finish(
    gas: &Gas,
    queue: &dyn Queue,
    message: &Message,
    job: &Job,
) -> Result<(), ChangeError> {
    if job.status() != JobStatus::Cancelled {
        announce_result(gas, job).await?;
    }
    queue.delete(message).await?;
    tracing::info!(status = %job.status(), "job ended");
    Ok(())
}

/// Deletes the message of a job that does not exist. Jobs are created before their messages, so the
/// job was deleted.
pub(crate) async fn delete_orphan(queue: &dyn Queue, message: &Message) -> PortResult<()> {
    tracing::info!("job was deleted");
    queue.delete(message).await
}

fn retry_pause(receive_count: u32) -> Duration {
    RETRY_PAUSE.saturating_mul(1 << receive_count.saturating_sub(1).min(16))
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
