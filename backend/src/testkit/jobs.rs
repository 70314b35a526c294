//! The job table in memory.

use super::{Crash, lock};
use crate::ports::{JobPage, JobStore, PortError, PortResult, WriteOutcome};
use async_trait::async_trait;
use gas_shared::job::{Deletion, JobListEntry, JobState};
use gas_shared::{Job, JobId, JobStatus, JobView, UserId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// A job table in memory.
#[derive(Debug, Default)]
pub struct FakeJobs {
    rows: Mutex<HashMap<JobId, Row>>,
    /// The rows that lists are read from while the indexes lag behind.
    lagging: Mutex<Option<Vec<Job>>>,
    /// Rows of an older version, which have no deadline until they are written.
    without_deadline: Mutex<Vec<JobId>>,
    /// How long reading the entries of a user takes.
    list_delay: Mutex<Duration>,
    crash: Crash,
}

#[derive(Clone, Debug, PartialEq)]
enum Row {
    Job(Box<Job>),
    Tombstone(Deletion),
}

impl Row {
    fn version(&self) -> u64 {
        match self {
            Self::Job(job) => job.version,
            Self::Tombstone(deletion) => deletion.version,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Job(job) => job.due(),
            Self::Tombstone(deletion) => Some(deletion.due()),
        }
    }

    fn job(&self) -> Option<&Job> {
        match self {
            Self::Job(job) => Some(job),
            Self::Tombstone(_) => None,
        }
    }
}

impl FakeJobs {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// The jobs that fulfill a condition, newest first.
    fn select(&self, keep: impl Fn(&Job) -> bool) -> Vec<Job> {
        let rows = lock(&self.rows);
        let jobs = rows.values().filter_map(Row::job).filter(|job| keep(job));
        let mut jobs: Vec<Job> = jobs.cloned().collect();
        jobs.sort_by_key(|job| std::cmp::Reverse(position(job)));
        jobs
    }

    fn page(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
        keep: impl Fn(&Job) -> bool,
    ) -> PortResult<JobPage> {
        self.crash.before_call()?;
        let start = cursor.map(|text| {
            let error = || PortError::new("continue a job list", "the cursor is not of this list");
            parse_cursor(text, owner).ok_or_else(error)
        });
        let start = start.transpose()?;
        let mut jobs = self.select(|job| job.owner == owner && keep(job));
        jobs.retain(|job| start.is_none_or(|start| position(job) < start));
        let more = jobs.len() > limit.into();
        jobs.truncate(limit.into());
        let next = jobs.last().filter(|_| more).map(cursor_after);
        Ok(JobPage { jobs, next })
    }

    /// Writes a row if the stored one fulfills a condition, or is identical.
    fn write(
        &self,
        id: JobId,
        row: Row,
        condition: impl FnOnce(Option<&Row>) -> bool,
    ) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        {
            let mut rows = lock(&self.rows);
            let stored = rows.get(&id);
            if stored == Some(&row) {
                return Ok(WriteOutcome::Written);
            }
            if !condition(stored) {
                return Ok(WriteOutcome::Conflict);
            }
            rows.insert(id, row);
        }
        lock(&self.without_deadline).retain(|one| *one != id);
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }

    /// A stored job.
    pub fn get(&self, id: JobId) -> Option<Job> {
        lock(&self.rows).get(&id)?.job().cloned()
    }

    /// A stored tombstone.
    pub fn tombstone_of(&self, id: JobId) -> Option<Deletion> {
        match lock(&self.rows).get(&id)? {
            Row::Tombstone(deletion) => Some(deletion.clone()),
            Row::Job(_) => None,
        }
    }

    /// Makes reading the entries of a user take this long.
    pub fn slow_lists_down(&self, delay: Duration) {
        *lock(&self.list_delay) = delay;
    }

    /// From now on, the index that list entries are read from lags behind.
    pub fn freeze_lists(&self) {
        *lock(&self.lagging) = Some(self.select(|_| true));
    }

    /// Removes the deadlines from the stored rows, as in rows of a version that gave them none.
    pub fn hide_from_overdue(&self, ids: &[JobId]) {
        lock(&self.without_deadline).extend_from_slice(ids);
    }

    /// The number of jobs.
    pub fn len(&self) -> usize {
        lock(&self.rows).values().filter_map(Row::job).count()
    }

    /// Whether there are no jobs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The position of a job in a list, as in the index that pages are read from.
fn position(job: &Job) -> (Timestamp, JobId) {
    (job.submitted_at, job.id)
}

fn cursor_after(job: &Job) -> String {
    format!("{}/{}/{}", job.owner, job.submitted_at.as_second(), job.id)
}

fn parse_cursor(text: &str, owner: UserId) -> Option<(Timestamp, JobId)> {
    let (user, position) = text.split_once('/')?;
    let (second, id) = position.split_once('/')?;
    let position = (Timestamp::from_second(second.parse().ok()?).ok()?, id.parse().ok()?);
    (user == owner.to_string()).then_some(position)
}

#[async_trait]
impl JobStore for FakeJobs {
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome> {
        self.write(job.id, Row::Job(Box::new(job.clone())), |stored| stored.is_none())
    }

    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome> {
        let is_previous = |row: &Row| row.version() + 1 == job.version;
        self.write(job.id, Row::Job(Box::new(job.clone())), |stored| {
            stored.is_some_and(is_previous)
        })
    }

    async fn tombstone(&self, deletion: &Deletion) -> PortResult<WriteOutcome> {
        let row = Row::Tombstone(deletion.clone());
        let is_previous = |row: &Row| row.version() + 1 == deletion.version;
        self.write(deletion.job, row, |stored| stored.is_some_and(is_previous))
    }

    async fn deletion(&self, id: JobId) -> PortResult<Option<Deletion>> {
        self.crash.before_call()?;
        Ok(self.tombstone_of(id))
    }

    async fn purge(&self, deletion: &Deletion) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        {
            let mut rows = lock(&self.rows);
            if rows.get(&deletion.job).is_some_and(|row| row.version() != deletion.version) {
                return Ok(WriteOutcome::Conflict);
            }
            rows.remove(&deletion.job);
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
        self.page(owner, cursor, limit, |_| true)
    }

    fn is_cursor(&self, text: &str, owner: UserId) -> bool {
        parse_cursor(text, owner).is_some()
    }

    async fn list_entries(&self, owner: UserId) -> PortResult<Vec<JobListEntry>> {
        self.crash.before_call()?;
        let delay = *lock(&self.list_delay);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let jobs = lock(&self.lagging).clone();
        let jobs = jobs.unwrap_or_else(|| self.select(|_| true));
        let own = jobs.iter().filter(|job| job.owner == owner);
        Ok(own.map(|job| JobListEntry::from(&JobView::from(job))).collect())
    }

    async fn jobs(&self, ids: &[JobId]) -> PortResult<Vec<Job>> {
        self.crash.before_call()?;
        // In another order than requested, as DynamoDB does.
        Ok(ids.iter().rev().filter_map(|id| self.get(*id)).collect())
    }

    async fn queue(&self, status: JobStatus) -> PortResult<Vec<JobId>> {
        self.crash.before_call()?;
        let mut jobs = self.select(|job| job.status() == status);
        jobs.sort_by_key(active_since);
        Ok(jobs.into_iter().map(|job| job.id).collect())
    }

    async fn archived_jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        self.page(owner, cursor, limit, is_archived)
    }

    async fn overdue_jobs(&self, now: Timestamp) -> PortResult<Vec<JobId>> {
        self.crash.before_call()?;
        let rows = lock(&self.rows);
        let hidden = lock(&self.without_deadline);
        let rows = rows.iter().filter(|(id, _)| !hidden.contains(id));
        let due = rows.filter_map(|(id, row)| Some((row.due()?, *id)));
        let mut overdue: Vec<_> = due.filter(|(due, _)| *due <= now).collect();
        overdue.sort();
        Ok(overdue.into_iter().map(|(_, id)| id).collect())
    }
}

/// When a job began to wait or to run, and its position among jobs of the same second.
fn active_since(job: &Job) -> Option<(Timestamp, Timestamp, JobId)> {
    let since = match &job.state {
        JobState::Pending { since } => *since,
        JobState::Running(run) => run.started_at,
        _ => return None,
    };
    Some((since, job.submitted_at, job.id))
}

fn is_archived(job: &Job) -> bool {
    matches!(&job.state, JobState::Completed(done) if done.results.archived().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::job_store_contract;

    #[tokio::test]
    async fn the_fake_fulfills_the_contract_of_the_job_store() {
        job_store_contract(&FakeJobs::default()).await;
    }
}
