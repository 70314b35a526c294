//! How long is waited for what.

use std::time::Duration;

/// How long is waited for what; tests wait less.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long a connection may be silent. Files take as long as they take.
    pub silence: Duration,
    /// The wait before the first repetition; it doubles with each.
    pub repeat: Duration,
    /// The time between two looks, at whatever jobs. GAS allows a token 120 calls a minute; what is
    /// left of them is for downloads.
    pub pace: Duration,
    /// The time between two looks at one job, at first.
    pub first_look: Duration,
    /// The same at most; it grows by half each time.
    pub last_look: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(60),
            repeat: Duration::from_millis(500),
            pace: Duration::from_millis(600),
            first_look: Duration::from_secs(1),
            last_look: Duration::from_secs(15),
        }
    }
}
