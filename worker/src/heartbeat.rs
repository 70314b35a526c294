//! The heartbeat of a running job: keeps its message invisible, its claim valid and its progress
//! up to date.

use crate::report::Report;
use crate::settings::Timing;
use gas_backend::ports::{Message, Queue};
use gas_backend::usecases::{ChangeError, report_progress};
use gas_backend::{AnnotateGas, chain};
use gas_shared::Job;
use gas_shared::job::{ChangeRejected, ClaimId, Progress};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// The pause between two looks at the progress. A new step is written after it.
const PROGRESS_PAUSE: Duration = Duration::from_secs(1);

/// The shortest pause between two writes of the progress of the same step: each one is sent to all web servers.
const SAME_STEP_PAUSE: Duration = Duration::from_secs(5);

/// The reason why this worker no longer holds the claim of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LostClaim {
    /// The job was cancelled, has ended, or was claimed by another worker.
    Rejected(ChangeRejected),
    /// The owner deleted the job.
    Deleted,
}

/// The heartbeat of one attempt.
pub(crate) struct Heartbeat<'a> {
    pub(crate) gas: &'a AnnotateGas,
    pub(crate) queue: &'a dyn Queue,
    pub(crate) timing: Timing,
    pub(crate) message: &'a Message,
    pub(crate) job: &'a Job,
    pub(crate) claim: ClaimId,
    pub(crate) report: &'a Report,
}

impl Heartbeat<'_> {
    /// Runs until the claim is lost.
    ///
    /// Other failures are logged. If no heartbeat gets through, another worker claims the job,
    /// which is right: this one is cut off.
    pub(crate) async fn run(&self) -> LostClaim {
        let mut progress = self.report.progress();
        let every = self.timing.heartbeat_interval();
        let mut ticks = interval(PROGRESS_PAUSE.min(every));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last: Option<Instant> = None;
        let mut last_write: Option<(Instant, String)> = None;
        loop {
            let now = ticks.tick().await;
            let due = last.is_none_or(|last| now.duration_since(last) >= every);
            let may_write = last_write.as_ref().is_none_or(|(at, step)| {
                now.duration_since(*at) >= SAME_STEP_PAUSE || *step != progress.borrow().step
            });
            // An error means that the sender is gone and the progress is final.
            let is_new = may_write && progress.has_changed().unwrap_or(false);
            if !due && !is_new {
                continue;
            }
            let latest = progress.borrow_and_update().clone();
            last_write = Some((now, latest.step.clone()));
            let write = timeout(every, self.write(latest));
            let written = if due {
                last = Some(now);
                tokio::join!(write, timeout(every, self.extend())).0
            } else {
                write.await
            };
            match written {
                Ok(Some(lost)) => return lost,
                Ok(None) => {}
                Err(_) => tracing::warn!("heartbeat timed out"),
            }
        }
    }

    /// Writes the heartbeat first and the run log second, so that a worker that has lost its claim
    /// does not overwrite the run log of the next one.
    async fn write(&self, progress: Progress) -> Option<LostClaim> {
        match report_progress(&self.gas.jobs, self.job.id, self.claim, progress).await {
            Ok(_) => {
                self.report.store(self.gas, self.job).await;
                None
            }
            Err(ChangeError::Rejected { rejected, .. }) => Some(LostClaim::Rejected(rejected)),
            Err(ChangeError::NotFound(_)) => Some(LostClaim::Deleted),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "heartbeat not written");
                None
            }
        }
    }

    async fn extend(&self) {
        if let Err(error) = self.queue.extend(self.message, self.timing.visibility).await {
            tracing::warn!(error = %chain(&error), "visibility of the message not extended");
        }
    }
}
