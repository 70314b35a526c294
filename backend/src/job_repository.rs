//! The job table, and who hears of its changes.

use crate::clock::Clock;
use crate::ports::{JobStore, Topic};
use std::sync::Arc;

/// What it takes to change jobs. Every process has it; [`Gas`](crate::Gas) is this and more.
#[derive(Clone)]
pub struct JobRepository {
    /// The table of jobs.
    pub jobs: Arc<dyn JobStore>,
    /// Every change of every job.
    pub job_events: Arc<dyn Topic>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}
