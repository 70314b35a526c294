//! The port of the clock, so that tests can control the time.

use jiff::Timestamp;

/// A clock with a precision of one second, the precision of everything GAS stores.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The system clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // Seconds of a valid timestamp are always in range.
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}
