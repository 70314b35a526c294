//! A clock that tests move, and a process that dies when they want it.

use crate::clock::Clock;
use crate::ports::{PortError, PortResult};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl Default for TestClock {
    fn default() -> Self {
        let start = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_790_000_000);
        Self(Mutex::new(start))
    }
}

impl TestClock {
    /// Moves the clock.
    pub fn advance_secs(&self, seconds: i64) {
        *lock(&self.0) += SignedDuration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }
}

/// Makes a process die in the middle: after a number of effects on the outside world, every call
/// fails, until it is told to live again.
#[derive(Clone, Debug, Default)]
pub struct Crash(Arc<Mutex<CrashState>>);

#[derive(Debug, Default)]
struct CrashState {
    /// How many more effects take place before the death; `None` for a long life.
    effects_left: Option<u32>,
    dead: bool,
}

impl Crash {
    /// The process dies right after that many more effects.
    pub fn after(&self, effects: u32) {
        *lock(&self.0) = CrashState { effects_left: Some(effects), dead: false };
    }

    /// The process is started again and lives. Says whether it had died.
    pub fn recover(&self) -> bool {
        std::mem::take(&mut *lock(&self.0)).dead
    }

    /// To be called before a call reaches the outside world.
    pub(super) fn before_call(&self) -> PortResult<()> {
        if lock(&self.0).dead { Err(died()) } else { Ok(()) }
    }

    /// To be called after an effect on the outside world.
    pub(super) fn after_effect(&self) -> PortResult<()> {
        let mut state = lock(&self.0);
        match &mut state.effects_left {
            None => Ok(()),
            Some(0) | Some(1) => {
                state.dead = true;
                Err(died())
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

fn died() -> PortError {
    PortError::new("go on", "the process died")
}
