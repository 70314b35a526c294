//! The port of the job table.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::job::{Deletion, JobListEntry};
use gas_shared::{Job, JobId, JobStatus, UserId};
use jiff::Timestamp;

/// The job table: one row per job. Writes are conditional on the version that was read.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Writes a new job; [`WriteOutcome::Conflict`] if the ID is taken by a job or a tombstone.
    /// Inserting an identical row again counts as written.
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome>;

    /// Writes the next version of a job; [`WriteOutcome::Conflict`] if the row is not at the
    /// version before it. Replacing by an identical row again counts as written.
    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome>;

    /// Replaces a job, or an earlier tombstone, by a tombstone; [`WriteOutcome::Conflict`] if the
    /// row is not at the version before it. Writing an identical row again counts as written.
    async fn tombstone(&self, deletion: &Deletion) -> PortResult<WriteOutcome>;

    /// The tombstone of a job, read consistently; `None` if the job exists or was purged.
    async fn deletion(&self, id: JobId) -> PortResult<Option<Deletion>>;

    /// Deletes a tombstone; [`WriteOutcome::Conflict`] if the row is at another version. Purging an
    /// absent row counts as written.
    async fn purge(&self, deletion: &Deletion) -> PortResult<WriteOutcome>;

    /// A job, read consistently; `None` if it is unknown or deleted.
    async fn job(&self, id: JobId) -> PortResult<Option<Job>>;

    /// A page of a user's jobs, newest first. Eventually consistent.
    ///
    /// `cursor` is [`JobPage::next`] of the previous page.
    ///
    /// # Errors
    /// If the cursor is not one of this user's ([`JobStore::is_cursor`]).
    async fn jobs_of(&self, owner: UserId, cursor: Option<&str>, limit: u16)
    -> PortResult<JobPage>;

    /// Whether a text has the form of a [`JobPage::next`] of this user. Does not call the store.
    fn is_cursor(&self, text: &str, owner: UserId) -> bool;

    /// The list entries of all of a user's jobs, in any order. Eventually consistent.
    async fn list_entries(&self, owner: UserId) -> PortResult<Vec<JobListEntry>>;

    /// The jobs with these IDs, read consistently, in any order. Unknown and deleted jobs are
    /// omitted.
    async fn jobs(&self, ids: &[JobId]) -> PortResult<Vec<Job>>;

    /// The jobs of all users that are [`JobStatus::Pending`] or [`JobStatus::Running`], longest
    /// first, at most 1,000. Eventually consistent.
    async fn queue(&self, status: JobStatus) -> PortResult<Vec<JobId>>;

    /// A page of a user's jobs whose result is archived, in any order. Eventually consistent.
    async fn archived_jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage>;

    /// Jobs and tombstones past their [`Job::due`] or [`Deletion::due`], longest overdue first, at
    /// most 16,000. If there are more, the next calls of this process return the others, so that each
    /// overdue job is returned sooner or later. Eventually consistent.
    async fn overdue_jobs(&self, now: Timestamp) -> PortResult<Vec<JobId>>;
}

/// The outcome of a conditional write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The row was written.
    Written,
    /// The condition did not hold; nothing was written.
    Conflict,
}

/// One page of jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// The cursor of the next page; `None` on the last page.
    pub next: Option<String>,
}
