//! One message of the queue, from receipt to its end.

use crate::attempt::{AttemptError, attempt};
use crate::engine::{Engine, EngineError};
use crate::heartbeat::{Heartbeat, Lost};
use crate::report::Report;
use crate::scratch::ScratchRoot;
use crate::settings::Timing;
use crate::shutdown::Shutdown;
use gas_backend::messages::JobRequest;
use gas_backend::ports::{Message, PortResult, Queue};
use gas_backend::usecases::{
    ChangeError, Finished, announce_result, claim_job, complete_job, fail_job, release_job,
};
use gas_backend::{Gas, chain};
use gas_shared::job::{ChangeRefused, ClaimId, FailureKind, JobState};
use gas_shared::{Job, JobId, JobStatus};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;

/// How long a job waits after its first failed attempt; the wait doubles with each.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// The longest wait between two looks at a job that another worker has.
const MAX_WATCH_PAUSE: Duration = Duration::from_secs(900);

/// What the owner reads when GAS gave a job up.
pub(crate) const GIVEN_UP: &str = "the annotation failed again and again for a reason that is not \
     in your file; please submit it once more, and tell us if it fails again";

/// What handles messages.
pub(crate) struct Worker {
    pub(crate) gas: Gas,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) engine: Engine,
    pub(crate) timing: Timing,
    /// After this many receipts a job that fails is given up.
    pub(crate) max_attempts: u32,
    pub(crate) scratch: ScratchRoot,
}

/// How an attempt ended.
enum Ended {
    Finished(Finished),
    Failed(AttemptError),
    /// The job is no longer this worker's.
    Lost(Lost),
    /// The worker stops before the job is done.
    Interrupted,
}

impl Worker {
    /// Handles a message. Where that fails, the message comes back by itself.
    pub(crate) async fn handle(&self, message: &Message, shutdown: &Shutdown) {
        if let Err(error) = self.try_handle(message, shutdown).await {
            tracing::error!(error = %chain(&error), "a message is left to come back");
        }
    }

    async fn try_handle(&self, message: &Message, shutdown: &Shutdown) -> Result<(), ChangeError> {
        let id = match serde_json::from_str::<JobRequest>(&message.body) {
            Ok(request) => request.job_id,
            Err(error) => {
                tracing::error!(%error, "a message is no job request; it goes to the dead letters");
                return Ok(self.give_back(message, Duration::ZERO).await?);
            }
        };
        match claim_job(&self.gas, id, self.timing.silence()).await {
            Ok((job, claim)) => self.work(message, &job, claim, shutdown).await,
            Err(ChangeError::Refused { refused: ChangeRefused::StillRunning, .. }) => {
                Ok(self.watch(message, id).await?)
            }
            Err(ChangeError::Refused { .. }) => self.settle(message, id).await,
            Err(ChangeError::NotFound(id)) => Ok(forget(&*self.queue, message, id).await?),
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
        tracing::info!(id = %job.id, attempt = message.receive_count, "job claimed");
        let report = Report::new(self.gas.jobs.clock.clone());
        report.go_on(&self.gas, job).await;
        report.note(&format!("attempt {} begins", message.receive_count));
        match self.run(message, job, claim, &report, shutdown).await {
            Ended::Finished(finished) => {
                report.note(&format!("variants annotated and stored: {}", finished.records));
                report.store(&self.gas, job).await;
                let ended = complete_job(&self.gas, job, claim, finished).await;
                self.end(message, job.id, ended).await
            }
            Ended::Failed(error) => self.failed(message, job, claim, error, &report).await,
            Ended::Lost(Lost::Refused(ChangeRefused::ClaimLost | ChangeRefused::StillRunning)) => {
                // Its message is in the other worker's hands.
                tracing::warn!(id = %job.id, "another worker has taken the job over");
                Ok(())
            }
            Ended::Lost(
                Lost::Refused(ChangeRefused::Illegal { .. } | ChangeRefused::IllegalResults { .. })
                | Lost::Deleted,
            ) => self.settle(message, job.id).await,
            Ended::Interrupted => {
                tracing::info!(id = %job.id, "job given back");
                self.release(message, job.id, claim, Duration::ZERO).await
            }
        }
    }

    /// Attempts the job under its heartbeat.
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
            error if message.receive_count < self.max_attempts => {
                tracing::error!(%id, error = %chain(&error), "attempt failed; the job is tried again");
                report.note(
                    "this attempt failed for a reason that is not in the file; another follows",
                );
                report.store(&self.gas, job).await;
                let pause = retry_pause(message.receive_count).min(self.timing.visibility);
                return self.release(message, id, claim, pause).await;
            }
            error => {
                tracing::error!(%id, error = %chain(&error), "last attempt failed");
                (FailureKind::Service, GIVEN_UP.to_owned())
            }
        };
        report.note(&format!("failed: {reason}"));
        report.store(&self.gas, job).await;
        let ended = fail_job(&self.gas, id, Some(claim), kind, reason).await;
        self.end(message, id, ended).await
    }

    /// After the last change of a job: tells it, and deletes the message.
    async fn end(
        &self,
        message: &Message,
        id: JobId,
        ended: Result<Job, ChangeError>,
    ) -> Result<(), ChangeError> {
        match ended {
            Ok(job) => Ok(settle_job(&self.gas, &*self.queue, message, &job).await?),
            Err(ChangeError::Refused { refused: ChangeRefused::Illegal { .. }, .. }) => {
                self.settle(message, id).await
            }
            Err(ChangeError::Refused { .. }) => {
                tracing::warn!(%id, "another worker has taken the job over");
                Ok(())
            }
            Err(ChangeError::NotFound(_)) => Ok(forget(&*self.queue, message, id).await?),
            Err(error) => Err(error),
        }
    }

    /// The job is over already, perhaps by a worker that died before it could tell and delete.
    async fn settle(&self, message: &Message, id: JobId) -> Result<(), ChangeError> {
        match self.gas.jobs.store.job(id).await? {
            Some(job) if job.status().is_final() => {
                settle_job(&self.gas, &*self.queue, message, &job).await
            }
            // Not even uploaded: whoever confirms the upload sends a message of its own.
            Some(_) => Ok(self.give_back(message, self.timing.visibility).await?),
            None => Ok(forget(&*self.queue, message, id).await?),
        }
    }

    /// Another worker has the job, and this message may be the only one that remembers it: looks
    /// again when that worker would count as silent, and ever more rarely, so that a long run does
    /// not use up the message's receipts.
    async fn watch(&self, message: &Message, id: JobId) -> PortResult<()> {
        let job = self.gas.jobs.store.job(id).await?;
        let left = job.and_then(|job| self.silence_left(&job)).unwrap_or_default();
        let pause = watch_pause(message.receive_count, left, self.timing.visibility);
        tracing::info!(%id, pause_secs = pause.as_secs(), "job runs elsewhere; looking again later");
        self.give_back(message, pause).await
    }

    fn silence_left(&self, job: &Job) -> Option<Duration> {
        let JobState::Running(run) = &job.state else { return None };
        let silent = self.gas.now().duration_since(run.heartbeat_at);
        Duration::try_from(self.timing.silence() - silent + SignedDuration::from_secs(1)).ok()
    }

    /// Lets go of the job and gives its message back, so that another worker can begin at once.
    async fn release(
        &self,
        message: &Message,
        id: JobId,
        claim: ClaimId,
        pause: Duration,
    ) -> Result<(), ChangeError> {
        match release_job(&self.gas, id, claim).await {
            Ok(_) => Ok(self.give_back(message, pause).await?),
            Err(ChangeError::Refused { refused: ChangeRefused::Illegal { .. }, .. }) => {
                self.settle(message, id).await
            }
            Err(ChangeError::Refused { .. }) => Ok(()),
            Err(ChangeError::NotFound(_)) => Ok(forget(&*self.queue, message, id).await?),
            Err(error) => Err(error),
        }
    }

    async fn give_back(&self, message: &Message, pause: Duration) -> PortResult<()> {
        self.queue.extend(message, pause).await
    }
}

/// Announces a job that is over, and deletes the message: the last step of all.
pub(crate) async fn settle_job(
    gas: &Gas,
    queue: &dyn Queue,
    message: &Message,
    job: &Job,
) -> Result<(), ChangeError> {
    if job.status() != JobStatus::Cancelled {
        announce_result(gas, job).await?;
    }
    queue.delete(message).await?;
    tracing::info!(id = %job.id, status = %job.status(), "job is over");
    Ok(())
}

/// Jobs are made before their messages, so one that is not there was deleted.
pub(crate) async fn forget(queue: &dyn Queue, message: &Message, id: JobId) -> PortResult<()> {
    tracing::info!(%id, "the job was deleted");
    queue.delete(message).await
}

fn retry_pause(receive_count: u32) -> Duration {
    RETRY_PAUSE.saturating_mul(1 << receive_count.saturating_sub(1).min(16))
}

fn watch_pause(receive_count: u32, silence_left: Duration, visibility: Duration) -> Duration {
    let patient = visibility.saturating_mul(1 << receive_count.min(8));
    // The first look comes as early as it can bring something: the other worker may be dead.
    let pause = if receive_count <= 1 { silence_left } else { silence_left.max(patient) };
    pause.clamp(Duration::from_secs(1), MAX_WATCH_PAUSE)
}

#[cfg(test)]
#[path = "handle_tests/mod.rs"]
mod tests;
