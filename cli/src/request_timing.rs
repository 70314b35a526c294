//! Timeouts, backoff and polling intervals.

use std::time::Duration;

/// When requests time out and are retried, and how often jobs are polled. Tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct RequestTiming {
    /// How long a connection may be idle. The transfer of a file has no time limit as a whole.
    pub idle_timeout: Duration,
    /// The pause before the first retry; it doubles with each further one.
    pub first_backoff: Duration,
    /// The time between two polls of any jobs. GAS allows 120 requests a minute for a token; the
    /// remaining ones are for downloads.
    pub poll_spacing: Duration,
    /// The time between two polls of one job, at first.
    pub first_poll_interval: Duration,
    /// The longest time between two polls of one job. The interval grows by half each time.
    pub max_poll_interval: Duration,
}

impl Default for RequestTiming {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(60),
            first_backoff: Duration::from_millis(500),
            poll_spacing: Duration::from_millis(600),
            first_poll_interval: Duration::from_secs(1),
            max_poll_interval: Duration::from_secs(15),
        }
    }
}
