//! Where the jobs are kept.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::{Job, JobId, UserId};
use jiff::Timestamp;

/// The table of jobs: one row a job, written only if nobody else wrote it meanwhile.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Writes a new job. [`WriteOutcome::Conflict`] if a job of that id exists.
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome>;

    /// Writes the next version of a job. [`WriteOutcome::Conflict`] if the row does not have the
    /// version before it.
    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome>;

    /// The job of that id, read consistently.
    async fn job(&self, id: JobId) -> PortResult<Option<Job>>;

    /// A user's jobs, newest first, without a scan.
    ///
    /// `cursor` is [`JobPage::next`] of the page before. One that is not of this user or not
    /// readable counts as none.
    async fn jobs_of(&self, owner: UserId, cursor: Option<&str>, limit: u16)
    -> PortResult<JobPage>;

    /// A user's jobs whose annotated file is in the archive, without a scan. Changes of the last
    /// moments may be missing.
    async fn archived_jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage>;

    /// Jobs that are past their [`Job::due`] at `now`, the longest overdue first, without a scan.
    /// At most a few hundred at a time. Changes of the last moments may be missing.
    async fn overdue_jobs(&self, now: Timestamp) -> PortResult<Vec<JobId>>;
}

/// Whether a conditional write took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It did.
    Written,
    /// The row was not as expected; nothing was written.
    Conflict,
}

/// One page of jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobPage {
    /// The jobs, newest first.
    pub jobs: Vec<Job>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}
