//! The time, as a port, so that tests can move it.

use jiff::Timestamp;

/// Tells the time in whole seconds, the precision of everything GAS stores.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // Seconds of a valid timestamp are always in range.
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}
