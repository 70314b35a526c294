//! Stopping a process by SIGTERM or SIGINT.

use std::io;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals that stop a process.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Returns a future that resolves at the first SIGTERM or SIGINT after this call.
///
/// # Errors
/// If the signals cannot be handled.
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send> {
    let mut signals = Signals::listen()?;
    Ok(async move {
        signals.next().await;
        tracing::info!("shutting down");
    })
}

/// A shutdown in two phases: first the process begins nothing new, and when the grace period ends
/// it gives up what is unfinished. Clones belong to the same shutdown.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    requested: CancellationToken,
    due: CancellationToken,
}

impl Shutdown {
    /// A shutdown at the first SIGTERM or SIGINT. A second signal ends the grace period early.
    ///
    /// # Errors
    /// If the signals cannot be handled.
    pub fn on_signal(grace: Duration) -> io::Result<Self> {
        let mut signals = Signals::listen()?;
        let shutdown = Self::default();
        let handle = shutdown.clone();
        tokio::spawn(async move {
            signals.next().await;
            tracing::info!(grace_secs = grace.as_secs(), "shutting down; no new work begins");
            handle.requested.cancel();
            let _ = tokio::time::timeout(grace, signals.next()).await;
            handle.due.cancel();
        });
        Ok(shutdown)
    }

    /// Resolves when nothing new may begin.
    pub async fn requested(&self) {
        self.requested.cancelled().await;
    }

    /// Whether nothing new may begin.
    pub fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }

    /// Resolves when unfinished work must be given up.
    pub async fn due(&self) {
        self.due.cancelled().await;
    }

    /// Resolves when the shutdown is overdue: `late` after unfinished work had to be given up.
    pub async fn overdue(&self, late: Duration) {
        self.due().await;
        tokio::time::sleep(late).await;
    }

    /// Requests the shutdown and ends the grace period at once.
    pub fn now(&self) {
        self.requested.cancel();
        self.due.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_shutdown_reaches_all_clones() {
        let shutdown = Shutdown::default();
        let clone = shutdown.clone();
        assert!(!clone.is_requested());
        shutdown.now();
        assert!(clone.is_requested());
        clone.requested().await;
        clone.due().await;
    }
}
