//! A clock that tests control, and simulated faults.

use crate::clock::Clock;
use crate::ports::{PortError, PortResult};
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicBool, Ordering};
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

/// Simulates that one service is unavailable. Clones belong to the same service.
#[derive(Clone, Debug, Default)]
pub struct Outage(Arc<AtomicBool>);

impl Outage {
    /// Makes every call fail until [`Outage::end`].
    pub fn begin(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Makes the service available again.
    pub fn end(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Fakes call this before they handle a call.
    ///
    /// # Errors
    /// While the service is unavailable.
    pub fn check(&self) -> PortResult<()> {
        if self.0.load(Ordering::SeqCst) {
            return Err(PortError::new("call the service", "connection refused"));
        }
        Ok(())
    }
}

/// How a process or one of its calls to the outside world fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// The process dies after an effect: every later call fails until [`Crash::recover`].
    #[default]
    Death,
    /// A call has its effect, but its response is lost. Later calls succeed.
    LostResponse,
    /// A call fails without an effect. Later calls succeed.
    Rejection,
    /// A call has its effect, but its response is lost, and its service is unavailable until
    /// [`Crash::recover`]. Other services are not.
    Outage,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 4] = [Self::Death, Self::LostResponse, Self::Rejection, Self::Outage];
}

/// Injects one [`Fault`] into the calls of all fakes.
#[derive(Clone, Debug, Default)]
pub struct Crash {
    state: Arc<Mutex<CrashState>>,
    /// An outage of the service that the fake stands for.
    outage: Outage,
}

#[derive(Debug, Default)]
struct CrashState {
    fault: Fault,
    /// The number of effects, or of calls for [`Fault::Rejection`], until the fault; `None` if none
    /// is planned.
    left: Option<u32>,
    happened: bool,
    /// What [`Fault::Outage`] has begun.
    outage: Option<Outage>,
}

impl Crash {
    /// The same process, for the fake of a service with outages of its own.
    pub(super) fn of_service(&self, outage: &Outage) -> Self {
        Self { outage: outage.clone(), ..self.clone() }
    }

    /// Plans a crash right after the given number of effects.
    pub fn after(&self, effects: u32) {
        self.inject(Fault::Death, effects);
    }

    /// Plans a fault at the n-th effect, or at the n-th call for [`Fault::Rejection`], from 1.
    pub fn inject(&self, fault: Fault, nth: u32) {
        *lock(&self.state) = CrashState { fault, left: Some(nth), ..CrashState::default() };
    }

    /// Restarts the process, or the service that is unavailable. Returns whether the fault had happened.
    pub fn recover(&self) -> bool {
        let state = std::mem::take(&mut *lock(&self.state));
        if let Some(outage) = &state.outage {
            outage.end();
        }
        state.happened
    }

    /// Fakes call this before they handle a call.
    pub(super) fn before_call(&self) -> PortResult<()> {
        self.outage.check()?;
        let mut state = lock(&self.state);
        match state.fault {
            Fault::Death if state.happened => Err(failed(Fault::Death)),
            Fault::Rejection => state.count_down(),
            Fault::Death | Fault::LostResponse | Fault::Outage => Ok(()),
        }
    }

    /// Fakes call this after an effect.
    pub(super) fn after_effect(&self) -> PortResult<()> {
        let mut state = lock(&self.state);
        match state.fault {
            Fault::Death | Fault::LostResponse => state.count_down(),
            Fault::Rejection => Ok(()),
            Fault::Outage => {
                let counted = state.count_down();
                if counted.is_err() {
                    self.outage.begin();
                    state.outage = Some(self.outage.clone());
                }
                counted
            }
        }
    }
}

impl CrashState {
    fn count_down(&mut self) -> PortResult<()> {
        match &mut self.left {
            None => Ok(()),
            Some(0 | 1) => {
                self.happened = true;
                self.left = None;
                Err(failed(self.fault))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

fn failed(fault: Fault) -> PortError {
    let why = match fault {
        Fault::Death => "the process crashed",
        Fault::LostResponse | Fault::Outage => "the response was lost",
        Fault::Rejection => "the service rejected the call",
    };
    PortError::new("continue", why)
}
