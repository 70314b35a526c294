//! The port of runs in shards: a workflow that hands the shards of a file to the workers.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::JobId;
use gas_shared::job::{ClaimId, ObjectLocation};

/// The runs of large files in shards. The workflow sends a message for each shard, waits until all are
/// annotated, and then sends one for the join.
#[async_trait]
pub trait ShardRuns: Send + Sync {
    /// Starts a run. Starting it again does nothing.
    async fn start(&self, run: &ShardRun) -> PortResult<()>;

    /// The state of a run; `None` if it was never started, or so long ago that it is forgotten.
    async fn state(&self, name: &RunName) -> PortResult<Option<ShardRunState>>;

    /// Stops a run. Its messages may still be delivered, but their tasks are gone. Stopping a run that has
    /// ended, or was never started, succeeds.
    async fn stop(&self, name: &RunName) -> PortResult<()>;

    /// Goes on with what is missing of a run that has failed. `false` if that is impossible.
    async fn redrive(&self, run: &ShardRun) -> PortResult<bool>;

    /// Tells the workflow that a worker is at work on a task. `false` if nobody waits for it anymore.
    async fn heartbeat(&self, task: &str) -> PortResult<bool>;

    /// Ends a task successfully. Ending one that nobody waits for succeeds.
    async fn succeed(&self, task: &str) -> PortResult<()>;

    /// Ends a task with an error, and with it the run. Ending one that nobody waits for succeeds.
    async fn fail(&self, task: &str, cause: &str) -> PortResult<()>;
}

/// The name of a run, which is that of its job and claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunName {
    /// The job.
    pub job: JobId,
    /// The claim under which the workers annotate its shards.
    pub claim: ClaimId,
}

/// A run to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardRun {
    /// The name.
    pub name: RunName,
    /// The object with the shards of the plan: a JSON object a line.
    pub shards: ObjectLocation,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardRunState {
    /// It waits for workers.
    Running,
    /// All tasks have succeeded.
    Succeeded,
    /// It has failed, or was stopped.
    Failed,
}

impl std::fmt::Display for RunName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.job, self.claim.0)
    }
}
