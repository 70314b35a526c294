//! The sign of life of a running job: its message stays invisible, its row fresh, and its owner
//! sees how far it is.

use crate::report::Report;
use crate::settings::Timing;
use gas_backend::ports::{Message, Queue};
use gas_backend::usecases::{ChangeError, report_progress};
use gas_backend::{Gas, chain};
use gas_shared::Job;
use gas_shared::job::{ChangeRefused, ClaimId, Progress};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// Progress is written at most this often.
const PROGRESS_PAUSE: Duration = Duration::from_secs(1);

/// Why a job is not this worker's any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It was cancelled, ended or taken over.
    Refused(ChangeRefused),
    /// Its owner deleted it.
    Deleted,
}

/// What a heartbeat keeps alive.
pub(crate) struct Heartbeat<'a> {
    pub(crate) gas: &'a Gas,
    pub(crate) queue: &'a dyn Queue,
    pub(crate) timing: Timing,
    pub(crate) message: &'a Message,
    pub(crate) job: &'a Job,
    pub(crate) claim: ClaimId,
    pub(crate) report: &'a Report,
}

impl Heartbeat<'_> {
    /// Beats until the job is no longer this worker's.
    ///
    /// A beat that fails otherwise is logged. If none gets through, the job falls silent and
    /// another worker takes it, which is right: this one is cut off.
    pub(crate) async fn run(&self) -> Lost {
        let mut progress = self.report.progress();
        let beat = self.timing.beat();
        let mut ticks = interval(PROGRESS_PAUSE.min(beat));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_beat: Option<Instant> = None;
        loop {
            let now = ticks.tick().await;
            let due = last_beat.is_none_or(|last| now.duration_since(last) >= beat);
            // A sender that is gone has nothing new to say.
            if !due && !progress.has_changed().unwrap_or(false) {
                continue;
            }
            let latest = progress.borrow_and_update().clone();
            let write = timeout(beat, self.write(latest));
            let written = if due {
                last_beat = Some(now);
                tokio::join!(write, timeout(beat, self.extend())).0
            } else {
                write.await
            };
            match written {
                Ok(Some(lost)) => return lost,
                Ok(None) => {}
                Err(_) => tracing::warn!("a sign of life took too long"),
            }
        }
    }

    /// The sign of life comes first: the job depends on it, and who has lost the claim is told so
    /// before the protocol would be written over the next worker's.
    async fn write(&self, progress: Progress) -> Option<Lost> {
        match report_progress(self.gas, self.job.id, self.claim, progress).await {
            Ok(_) => {
                self.report.store(self.gas, self.job).await;
                None
            }
            Err(ChangeError::Refused { refused, .. }) => Some(Lost::Refused(refused)),
            Err(ChangeError::NotFound(_)) => Some(Lost::Deleted),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "a sign of life was not written");
                None
            }
        }
    }

    async fn extend(&self) {
        if let Err(error) = self.queue.extend(self.message, self.timing.visibility).await {
            tracing::warn!(error = %chain(&error), "a message was not kept invisible");
        }
    }
}
