//! A clock that tests control, and simulated crashes.

use crate::clock::Clock;
use crate::ports::{PortError, PortResult};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that advances only on request.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl Default for TestClock {
    fn default() -> Self {
        let start = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_790_000_000);
        Self(Mutex::new(start))
    }
}

impl TestClock {
    /// Advances the clock.
    pub fn advance_secs(&self, seconds: i64) {
        *lock(&self.0) += SignedDuration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }
}

/// Simulates a crash of the process: after a number of effects on the outside world, every call fails
/// until [`Crash::recover`].
#[derive(Clone, Debug, Default)]
pub struct Crash(Arc<Mutex<CrashState>>);

#[derive(Debug, Default)]
struct CrashState {
    /// The number of effects until the crash; `None` if none is planned.
    effects_left: Option<u32>,
    crashed: bool,
}

impl Crash {
    /// Plans a crash right after the given number of effects.
    pub fn after(&self, effects: u32) {
        *lock(&self.0) = CrashState { effects_left: Some(effects), crashed: false };
    }

    /// Restarts the process. Returns whether it had crashed.
    pub fn recover(&self) -> bool {
        std::mem::take(&mut *lock(&self.0)).crashed
    }

    /// Fakes call this before they handle a call.
    pub(super) fn before_call(&self) -> PortResult<()> {
        if lock(&self.0).crashed { Err(crashed()) } else { Ok(()) }
    }

    /// Fakes call this after an effect.
    pub(super) fn after_effect(&self) -> PortResult<()> {
        let mut state = lock(&self.0);
        match &mut state.effects_left {
            None => Ok(()),
            Some(0) | Some(1) => {
                state.crashed = true;
                Err(crashed())
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

fn crashed() -> PortError {
    PortError::new("continue", "the process crashed")
}
