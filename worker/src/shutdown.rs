//! The one way to stop the worker.

use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Tells everything in the process that it is to stop: first to begin nothing new, and after the
/// grace period to give back what is not finished. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shutdown {
    requested: CancellationToken,
    due: CancellationToken,
}

impl Shutdown {
    /// Stops on SIGTERM or SIGINT. A second signal ends the grace period.
    pub(crate) fn on_signal(grace: Duration) -> std::io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = Self::default();
        let told = shutdown.clone();
        // Lives as long as the process: there is always one more signal to hear.
        tokio::spawn(async move {
            let mut next = async || {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            };
            next().await;
            tracing::info!(grace_secs = grace.as_secs(), "stopping: no new jobs");
            told.requested.cancel();
            let _ = tokio::time::timeout(grace, next()).await;
            told.due.cancel();
        });
        Ok(shutdown)
    }

    /// Resolves when nothing new is to begin.
    pub(crate) async fn requested(&self) {
        self.requested.cancelled().await;
    }

    /// Whether nothing new is to begin.
    pub(crate) fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }

    /// Resolves when what runs is to be given back.
    pub(crate) async fn due(&self) {
        self.due.cancelled().await;
    }

    /// Ends the grace period, as the second signal does.
    #[cfg(test)]
    pub(crate) fn now(&self) {
        self.requested.cancel();
        self.due.cancel();
    }
}
