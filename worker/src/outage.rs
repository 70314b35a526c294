//! Outages: a service that is unavailable pauses the intake, and its call is repeated until it
//! succeeds. Neither counts as an attempt at a job.

use gas_backend::chain;
use gas_backend::mail::UnknownMessage;
use gas_backend::ports::PortError;
use gas_backend::usecases::{ArchiveError, ChangeError, NotifyError, RestoreError, StartThawError};
use std::error::Error;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// The bounds of the pause between two calls. It doubles with each call.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// How long a call is repeated. Afterwards the work returns to its queue, so that a failure that
/// concerns one message only ends in the dead-letter queue.
pub(crate) const MAX_OUTAGE: Duration = Duration::from_mins(30);

/// An error that may be an outage.
pub(crate) trait MaybeOutage: Error {
    /// Whether a service is unavailable, so that the same call may succeed later.
    fn is_outage(&self) -> bool;
}

impl MaybeOutage for PortError {
    fn is_outage(&self) -> bool {
        Self::is_outage(self)
    }
}

impl MaybeOutage for ChangeError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Port(error) => error.is_outage(),
            Self::Contended(_) => true,
            Self::NotFound(_) | Self::Rejected { .. } => false,
        }
    }
}

impl MaybeOutage for ArchiveError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Change(error) => error.is_outage(),
            Self::Port(error) => error.is_outage(),
            Self::NoCapacity(_) => true,
            Self::Damaged { .. } => false,
        }
    }
}

impl MaybeOutage for StartThawError {
    fn is_outage(&self) -> bool {
        match self {
            Self::List(error) => error.is_outage(),
            Self::Some(_) => true,
            Self::Message(_) => false,
        }
    }
}

impl MaybeOutage for RestoreError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Change(error) => error.is_outage(),
            Self::Port(error) => error.is_outage(),
            Self::Damaged(_) => false,
        }
    }
}

impl MaybeOutage for NotifyError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Port(error) => error.is_outage(),
            // The mail is in the outbox, from which it is sent later.
            Self::NotSent(_) | Self::Json(_) => false,
        }
    }
}

impl MaybeOutage for UnknownMessage {
    fn is_outage(&self) -> bool {
        false
    }
}

impl MaybeOutage for serde_json::Error {
    fn is_outage(&self) -> bool {
        false
    }
}

/// Whether this process may begin new work. Shared by all its slots.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// The number of calls that wait for an unavailable service.
    waiting: watch::Sender<u32>,
}

/// Keeps the intake closed while it exists.
struct Closed<'a>(&'a Intake);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.waiting.send_modify(|waiting| *waiting -= 1);
    }
}

impl Intake {
    /// Waits until no call waits for an unavailable service.
    pub(crate) async fn open(&self) {
        let mut waiting = self.waiting.subscribe();
        // The sender lives as long as this borrow, so the channel is open.
        let _ = waiting.wait_for(|waiting| *waiting == 0).await;
    }

    fn close(&self) -> Closed<'_> {
        self.waiting.send_modify(|waiting| *waiting += 1);
        Closed(self)
    }

    /// Repeats a call with growing pauses until it succeeds, or fails for another reason than an
    /// outage. The intake is closed until then: the call is the probe that opens it again.
    pub(crate) async fn retry<T, E, F>(&self, mut call: impl FnMut() -> F) -> Result<T, E>
    where
        E: MaybeOutage + 'static,
        F: Future<Output = Result<T, E>>,
    {
        let since = Instant::now();
        let mut backoff = Backoff::default();
        let mut closed = None;
        loop {
            match call().await {
                Err(error) if error.is_outage() && since.elapsed() < MAX_OUTAGE => {
                    let pause = backoff.pause();
                    tracing::warn!(
                        error = %chain(&error),
                        pause_ms = pause.as_millis(),
                        "service is unavailable; the call is repeated"
                    );
                    closed.get_or_insert_with(|| self.close());
                    sleep(pause).await;
                }
                done => return done,
            }
        }
    }
}

/// Pauses that double, with jitter, so that the workers do not call a recovering service at once.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(MIN_PAUSE)
    }
}

impl Backoff {
    /// The next pause: a random part of the second half of the current bound.
    pub(crate) fn pause(&mut self) -> Duration {
        let bound = self.0;
        self.0 = (bound * 2).min(MAX_PAUSE);
        bound.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn outage() -> PortError {
        PortError::new("call", "no answer")
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_repeated_until_the_outage_ends_and_the_intake_opens_with_it() {
        let intake = Intake::default();
        let begin = Instant::now();
        let over = begin + Duration::from_mins(5);
        let opened = async {
            // The first call closes the intake.
            sleep(Duration::from_millis(1)).await;
            intake.open().await;
            assert!(Instant::now() >= over);
        };
        let call =
            intake.retry(|| async { if Instant::now() < over { Err(outage()) } else { Ok(()) } });
        let (called, ()) = tokio::join!(call, opened);
        called.unwrap();
        assert!(begin.elapsed() <= Duration::from_mins(5) + MAX_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_is_no_outage_is_not_repeated() {
        let calls = AtomicU32::new(0);
        let done: Result<(), PortError> = Intake::default()
            .retry(|| async {
                calls.fetch_add(1, Ordering::SeqCst);
                Err(PortError::permanent("read a row", "it has no id"))
            })
            .await;
        assert!(done.is_err());
        assert_eq!(calls.into_inner(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_succeeds_is_given_up() {
        let begin = Instant::now();
        let done: Result<(), PortError> = Intake::default().retry(|| async { Err(outage()) }).await;
        assert!(done.is_err());
        assert!(begin.elapsed() >= MAX_OUTAGE && begin.elapsed() < MAX_OUTAGE + 2 * MAX_PAUSE);
    }

    #[test]
    fn pauses_double_up_to_half_a_minute_with_jitter() {
        let mut backoff = Backoff::default();
        for bound in [1, 2, 4, 8, 16, 30, 30] {
            let pause = backoff.pause().as_secs_f64();
            assert!(pause >= f64::from(bound) / 2.0 && pause <= bound.into(), "{bound}: {pause}");
        }
    }
}
