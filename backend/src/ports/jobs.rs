//! Where the jobs are kept.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::job::{Deletion, JobListEntry};
use gas_shared::{Job, JobId, JobStatus, UserId};
use jiff::Timestamp;

/// The table of jobs: one row a job, written only if nobody else wrote it meanwhile.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Writes a new job. [`WriteOutcome::Conflict`] if a job of that id exists.
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome>;

    /// Writes the next version of a job. [`WriteOutcome::Conflict`] if the row does not have the
    /// version before it.
    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome>;

    /// Writes a deletion in the place of the version before it, of the job or of the deletion.
    /// [`WriteOutcome::Conflict`] if the row does not have that version.
    async fn tombstone(&self, deletion: &Deletion) -> PortResult<WriteOutcome>;

    /// The deletion of the job of that id, read consistently; `None` where the job lives, or nothing
    /// is left of it.
    async fn deletion(&self, id: JobId) -> PortResult<Option<Deletion>>;

    /// Deletes the row of a deletion. [`WriteOutcome::Conflict`] if it is not of this version.
    async fn purge(&self, deletion: &Deletion) -> PortResult<WriteOutcome>;

    /// The job of that id, read consistently. One that was deleted is none.
    async fn job(&self, id: JobId) -> PortResult<Option<Job>>;

    /// A user's jobs, newest first, without a scan.
    ///
    /// `cursor` is [`JobPage::next`] of the page before. One that is none of this user's
    /// ([`JobStore::is_cursor`]) is an error.
    async fn jobs_of(&self, owner: UserId, cursor: Option<&str>, limit: u16)
    -> PortResult<JobPage>;

    /// Whether a text is a [`JobPage::next`] of this user's, as far as can be told without a call.
    fn is_cursor(&self, text: &str, owner: UserId) -> bool;

    /// What a list needs to know of all of a user's jobs, in any order, without a scan. Changes of
    /// the last moments may be missing.
    async fn list_entries(&self, owner: UserId) -> PortResult<Vec<JobListEntry>>;

    /// The jobs of these ids, read consistently, in any order. Ids without a job are left out.
    async fn jobs(&self, ids: &[JobId]) -> PortResult<Vec<Job>>;

    /// The jobs of whomever that are [`JobStatus::Pending`] or [`JobStatus::Running`], the longest
    /// first and at most a thousand, without a scan. Changes of the last moments may be missing.
    async fn queue(&self, status: JobStatus) -> PortResult<Vec<JobId>>;

    /// A user's jobs whose annotated file is in the archive, without a scan. Changes of the last
    /// moments may be missing.
    async fn archived_jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage>;

    /// Jobs and deletions that are past their [`Job::due`] or [`Deletion::due`] at `now`, the longest
    /// overdue first, without a scan.
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
