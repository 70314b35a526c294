//! What the workers of a process share.

use crate::engine::Engine;
use crate::outage::Intake;
use crate::references::References;
use crate::scratch::ScratchRoot;
use crate::settings::{Sharding, Timing};
use crate::sources::Sources;
use gas_backend::AnnotateGas;
use gas_backend::ports::Queue;
use std::sync::Arc;

/// Handles the job requests of a queue. The workers of a process share everything else.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) gas: AnnotateGas,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) engine: Engine,
    pub(crate) references: Arc<References>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) timing: Timing,
    /// The number of failures of the engine after which a job is marked FAILED.
    pub(crate) max_attempts: u32,
    /// Whether new jobs may begin.
    pub(crate) intake: Arc<Intake>,
    pub(crate) scratch: ScratchRoot,
    /// Which files are annotated in shards; `None` for none.
    pub(crate) sharding: Option<Sharding>,
}
