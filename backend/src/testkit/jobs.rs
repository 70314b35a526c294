//! The table of jobs, in memory.

use super::{Crash, lock};
use crate::ports::{JobPage, JobStore, PortError, PortResult, WriteOutcome};
use async_trait::async_trait;
use gas_shared::job::{Deletion, JobListEntry, JobState};
use gas_shared::{Job, JobId, JobStatus, JobView, UserId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Mutex;

/// A table of jobs.
#[derive(Debug, Default)]
pub struct FakeJobs {
    rows: Mutex<HashMap<JobId, Job>>,
    deletions: Mutex<HashMap<JobId, Deletion>>,
    /// What the indexes have, where they are behind.
    behind: Mutex<Option<Vec<Job>>>,
    crash: Crash,
}

impl FakeJobs {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    fn page(
        &self,
        cursor: Option<&str>,
        limit: u16,
        keep: impl Fn(&Job) -> bool,
    ) -> PortResult<JobPage> {
        self.crash.before_call()?;
        let mut jobs: Vec<Job> =
            lock(&self.rows).values().filter(|job| keep(job)).cloned().collect();
        jobs.sort_by_key(|job| std::cmp::Reverse((job.submitted_at, job.id)));
        let start = cursor.map_or(Ok(0), str::parse);
        let start = start.map_err(|error| PortError::new("go on in a list", error))?;
        let end = start + usize::from(limit);
        let next = (end < jobs.len()).then(|| end.to_string());
        Ok(JobPage { jobs: jobs.into_iter().skip(start).take(usize::from(limit)).collect(), next })
    }

    /// A job's row.
    pub fn get(&self, id: JobId) -> Option<Job> {
        lock(&self.rows).get(&id).cloned()
    }

    /// What stands in a deleted job's place.
    pub fn tombstone_of(&self, id: JobId) -> Option<Deletion> {
        lock(&self.deletions).get(&id).cloned()
    }

    /// From now on the indexes that lists are read from are behind.
    pub fn freeze_lists(&self) {
        *lock(&self.behind) = Some(lock(&self.rows).values().cloned().collect());
    }

    /// How many jobs there are.
    pub fn len(&self) -> usize {
        lock(&self.rows).len()
    }

    /// Whether there is no job.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl JobStore for FakeJobs {
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        {
            let mut rows = lock(&self.rows);
            if rows.contains_key(&job.id) || lock(&self.deletions).contains_key(&job.id) {
                return Ok(WriteOutcome::Conflict);
            }
            rows.insert(job.id, job.clone());
        }
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }

    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        match lock(&self.rows).get_mut(&job.id) {
            Some(row) if row.version + 1 == job.version => *row = job.clone(),
            _ => return Ok(WriteOutcome::Conflict),
        }
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }

    async fn tombstone(&self, deletion: &Deletion) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        {
            let (mut rows, mut deletions) = (lock(&self.rows), lock(&self.deletions));
            let id = deletion.job;
            let job = rows.get(&id).map(|job| job.version);
            let version = job.or_else(|| deletions.get(&id).map(|tombstone| tombstone.version));
            if version != Some(deletion.version - 1) {
                return Ok(WriteOutcome::Conflict);
            }
            rows.remove(&id);
            deletions.insert(id, deletion.clone());
        }
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }

    async fn deletion(&self, id: JobId) -> PortResult<Option<Deletion>> {
        self.crash.before_call()?;
        Ok(lock(&self.deletions).get(&id).cloned())
    }

    async fn purge(&self, deletion: &Deletion) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        {
            let mut deletions = lock(&self.deletions);
            if deletions.get(&deletion.job).is_some_and(|row| row.version != deletion.version) {
                return Ok(WriteOutcome::Conflict);
            }
            deletions.remove(&deletion.job);
        }
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }

    async fn job(&self, id: JobId) -> PortResult<Option<Job>> {
        self.crash.before_call()?;
        Ok(self.get(id))
    }

    async fn jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        self.page(cursor, limit, |job| job.owner == owner)
    }

    fn is_cursor(&self, text: &str, _owner: UserId) -> bool {
        text.parse::<usize>().is_ok()
    }

    async fn list_entries(&self, owner: UserId) -> PortResult<Vec<JobListEntry>> {
        self.crash.before_call()?;
        let rows = lock(&self.behind).clone();
        let rows = rows.unwrap_or_else(|| lock(&self.rows).values().cloned().collect());
        let own = rows.iter().filter(|job| job.owner == owner);
        Ok(own.map(|job| JobListEntry::from(&JobView::from(job))).collect())
    }

    async fn jobs(&self, ids: &[JobId]) -> PortResult<Vec<Job>> {
        self.crash.before_call()?;
        // In another order than they were asked for, as DynamoDB answers.
        Ok(ids.iter().rev().filter_map(|id| self.get(*id)).collect())
    }

    async fn queue(&self, status: JobStatus) -> PortResult<Vec<JobId>> {
        let page = self.page(None, u16::MAX, |job| job.status() == status)?;
        // The page has the newest first.
        Ok(page.jobs.into_iter().rev().map(|job| job.id).collect())
    }

    async fn archived_jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        self.page(cursor, limit, |job| job.owner == owner && is_archived(job))
    }

    async fn overdue_jobs(&self, now: Timestamp) -> PortResult<Vec<JobId>> {
        let page = self.page(None, u16::MAX, |job| job.due().is_some_and(|due| due <= now))?;
        let mut overdue: Vec<JobId> = page.jobs.into_iter().map(|job| job.id).collect();
        let deletions = lock(&self.deletions);
        overdue.extend(deletions.values().filter(|row| row.due() <= now).map(|row| row.job));
        Ok(overdue)
    }
}

fn is_archived(job: &Job) -> bool {
    matches!(&job.state, JobState::Completed(done) if done.results.archived().is_some())
}
