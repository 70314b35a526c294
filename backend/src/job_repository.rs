//! The jobs of a deployment: their table, the topic of their changes, and the clock.

use crate::clock::Clock;
use crate::ports::{JobStore, Topic};
use jiff::Timestamp;
use std::sync::Arc;

/// The ports that are needed to change a job. Cheap to clone.
#[derive(Clone)]
pub struct JobRepository {
    /// The table of jobs.
    pub store: Arc<dyn JobStore>,
    /// The topic of live events, which the web processes pass on to browsers.
    pub events: Arc<dyn Topic>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
}

impl JobRepository {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
