//! The port of jobs that wait for a worker or run, by user.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::{JobId, Plan, UserId};
use jiff::Timestamp;

/// The jobs that have not ended, each of which either waits or was sent to the workers.
#[async_trait]
pub trait Dispatches: Send + Sync {
    /// Adds a job that waits. A job that is known already stays as it is.
    async fn add(&self, user: UserId, job: JobId, now: Timestamp) -> PortResult<()>;

    /// Marks the oldest waiting jobs of a user as sent, so that at most `max` are, and returns them. None of a
    /// user who is blocked.
    /// Concurrent calls do not exceed `max`. The caller publishes their messages and then calls
    /// [`published`](Self::published).
    async fn take(&self, user: UserId, max: u16, now: Timestamp) -> PortResult<Vec<JobId>>;

    /// Records that the messages of jobs were published.
    async fn published(&self, jobs: &[JobId]) -> PortResult<()>;

    /// Marks jobs as waiting that could not be sent.
    async fn put_back(&self, jobs: &[JobId]) -> PortResult<()>;

    /// Marks jobs as waiting that were taken before a time and whose messages are not known to be
    /// published, because the process died in between.
    async fn put_back_unpublished(&self, taken_before: Timestamp) -> PortResult<()>;

    /// Whether a job waits.
    async fn is_waiting(&self, job: JobId) -> PortResult<bool>;

    /// Removes a job and returns its owner; `None` if it is unknown.
    async fn remove(&self, job: JobId) -> PortResult<Option<UserId>>;

    /// The number of a user's jobs.
    async fn count(&self, user: UserId) -> PortResult<u32>;

    /// A user's jobs.
    async fn of_user(&self, user: UserId) -> PortResult<Vec<JobId>>;

    /// Jobs that were sent before a time, longest first, at most a few thousand.
    async fn sent_before(&self, time: Timestamp) -> PortResult<Vec<JobId>>;

    /// Users with waiting jobs who are not blocked, at most a few thousand.
    async fn waiting_users(&self) -> PortResult<Vec<UserId>>;

    /// The number of jobs that wait, and when the oldest job that has not ended was added.
    async fn backlog(&self) -> PortResult<(u64, Option<Timestamp>)>;

    /// All jobs: those that were sent, in this order, then those that wait, longest first. At most
    /// 10,000.
    async fn all(&self) -> PortResult<Vec<Dispatch>>;
}

/// A job that waits or was sent to the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// The job.
    pub job: JobId,
    /// Its owner.
    pub user: UserId,
    /// The owner's current plan; Free without a profile.
    pub plan: Plan,
    /// Whether it was sent.
    pub is_sent: bool,
}
