//! Filters, orders and counts a user's jobs.
//!
//! DynamoDB orders jobs only by time. A process therefore keeps the list entries ([`JobListEntry`])
//! of users who view their jobs in a bounded cache: it reads them once from the user's index, and
//! live events, which every web process receives, keep them current. The jobs of a page are then
//! read from their rows, so an outdated entry can only affect a job's position in the list.

use super::queue_positions::{QueuePositions, RUNS};
use super::{FindError, find_job};
use crate::Gas;
use crate::ports::{PortError, PortResult};
use gas_shared::job::{
    JobList, JobListEntry, Label, ListQuery, MAX_CHOICES, Overview, ProjectName, QueuePosition,
    ResultLocation, pages,
};
use gas_shared::{Job, JobId, JobStatus, JobView, LiveEvent, UserId};
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The largest number of cached entries, of about 200 bytes each. One with labels counts twice.
const MAX_ENTRIES: u64 = 400_000;

/// Entries that are older are read again, in case an event was lost.
const MAX_AGE: SignedDuration = SignedDuration::from_mins(10);

/// How many events are remembered, and for how long. They are applied to lists that are read at the
/// same time or from an index that is behind.
const RECENT: usize = 1024;
const RECENTLY: Duration = Duration::from_secs(120);

/// How long a list waits until all entries of a user are read. Then the newest jobs are shown alone.
const ENTRIES_BUDGET: Duration = Duration::from_millis(60);

/// How many of the newest jobs these are.
const NEWEST: u16 = 200;

/// When they are read, so that they are there when the budget is used. Most users have all their entries earlier.
const NEWEST_FROM: Duration = Duration::from_millis(20);

/// The period of [`Overview::completed`].
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// The cached job lists of a process. Clones share the cache.
#[derive(Clone)]
pub struct JobLists {
    users: Arc<Cache<UserId, Arc<UserJobs>, ByEntries>>,
    recent: Arc<Mutex<VecDeque<RecentChange>>>,
}

/// One user's jobs.
struct UserJobs {
    read_at: Timestamp,
    /// The weight in the cache, fixed when read: the weight of a cached item must not change.
    weight: u64,
    jobs: Mutex<CachedJobs>,
}

#[derive(Default)]
struct CachedJobs {
    entries: HashMap<JobId, JobListEntry>,
    /// Deleted jobs. Events may arrive out of order, so a deleted job stays deleted.
    gone: HashSet<JobId>,
}

/// The change that an event means for a list.
#[derive(Clone)]
enum ListChange {
    Job(JobListEntry),
    Gone(JobId),
}

/// A received event.
struct RecentChange {
    at: Instant,
    user: UserId,
    change: ListChange,
}

#[derive(Clone)]
struct ByEntries;

impl quick_cache::Weighter<UserId, Arc<UserJobs>> for ByEntries {
    fn weight(&self, _: &UserId, user: &Arc<UserJobs>) -> u64 {
        user.weight
    }
}

impl Default for JobLists {
    fn default() -> Self {
        // One shard: a fraction of the capacity could be too small for a user with very many jobs.
        let options = OptionsBuilder::new()
            .shards(1)
            .estimated_items_capacity(1024)
            .weight_capacity(MAX_ENTRIES)
            .build()
            .expect("both capacities are given");
        let users = Cache::with_options(
            options,
            ByEntries,
            DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        );
        Self { users: Arc::new(users), recent: Arc::default() }
    }
}

impl JobLists {
    /// Receives a live event of any user.
    pub fn receive(&self, user: UserId, event: &LiveEvent) {
        let change = match event {
            LiveEvent::Job(job) => ListChange::Job(JobListEntry::from(&**job)),
            LiveEvent::Deleted(id) => ListChange::Gone(*id),
            _ => return,
        };
        {
            let mut recent = lock(&self.recent);
            let is_old = |recent_change: &RecentChange| recent_change.at.elapsed() > RECENTLY;
            while recent.len() >= RECENT || recent.front().is_some_and(is_old) {
                recent.pop_front();
            }
            recent.push_back(RecentChange { at: Instant::now(), user, change: change.clone() });
        }
        if let Some(jobs) = self.users.get(&user) {
            jobs.lock().apply(change);
        }
    }

    /// Clears the cache, because events were lost.
    pub fn clear(&self) {
        self.users.clear();
    }

    /// A user's jobs, read if they are not cached or too old.
    async fn of(&self, gas: &Gas, user: UserId) -> PortResult<Arc<UserJobs>> {
        let now = gas.now();
        if self.users.get(&user).is_some_and(|jobs| now.duration_since(jobs.read_at) > MAX_AGE) {
            self.users.remove(&user);
        }
        let reading = async {
            let entries = gas.jobs.store.list_entries(user).await?;
            let entries: HashMap<_, _> = entries.into_iter().map(|job| (job.id, job)).collect();
            let labelled = entries.values().filter(|job| !job.labels.is_empty()).count();
            let weight = (entries.len() + labelled) as u64 + 1;
            let jobs = Mutex::new(CachedJobs { entries, ..CachedJobs::default() });
            Ok::<_, PortError>(Arc::new(UserJobs { read_at: now, weight, jobs }))
        };
        let jobs = self.users.get_or_insert_async(&user, reading).await?;
        // Apply events that arrived during the read or that the index does not have yet.
        let recent = lock(&self.recent);
        let mut cached = jobs.lock();
        let is_relevant = |recent_change: &&RecentChange| {
            recent_change.user == user && recent_change.at.elapsed() <= RECENTLY
        };
        for recent_change in recent.iter().filter(is_relevant) {
            cached.apply(recent_change.change.clone());
        }
        drop(cached);
        Ok(jobs)
    }
}

impl JobLists {
    /// All jobs of a user, or, after [`ENTRIES_BUDGET`], the newest ones and `true`; the others are read further.
    async fn all_or_newest(&self, gas: &Gas, user: UserId) -> PortResult<(Arc<UserJobs>, bool)> {
        let (lists, services) = (self.clone(), gas.clone());
        let all = tokio::spawn(async move { lists.of(&services, user).await });
        let newest_in_time = async {
            tokio::time::sleep(NEWEST_FROM).await;
            let budget = tokio::time::sleep(ENTRIES_BUDGET - NEWEST_FROM);
            tokio::join!(newest(gas, user), budget).0
        };
        tokio::select! {
            all = all => match all {
                Ok(all) => all.map(|all| (all, false)),
                Err(panicked) => Err(PortError::new("read a job list", panicked)),
            },
            newest = newest_in_time => newest.map(|newest| (newest, true)),
        }
    }
}

/// The entries of a user's newest jobs.
async fn newest(gas: &Gas, user: UserId) -> PortResult<Arc<UserJobs>> {
    let page = gas.jobs.store.jobs_of(user, None, NEWEST).await?;
    let entries = page.jobs.iter().map(|job| (job.id, JobListEntry::from(&JobView::from(job))));
    let jobs = CachedJobs { entries: entries.collect(), ..CachedJobs::default() };
    Ok(Arc::new(UserJobs { read_at: gas.now(), weight: 0, jobs: Mutex::new(jobs) }))
}

/// Whether the page of a query has only some of the newest jobs.
fn is_of_newest(query: &ListQuery) -> bool {
    let last = u64::from(query.page) * u64::from(query.size);
    !query.is_filtered() && query.sort == ListQuery::default().sort && last <= u64::from(NEWEST)
}

impl UserJobs {
    fn lock(&self) -> MutexGuard<'_, CachedJobs> {
        lock(&self.jobs)
    }
}

impl CachedJobs {
    fn apply(&mut self, change: ListChange) {
        match change {
            ListChange::Gone(id) => {
                self.entries.remove(&id);
                self.gone.insert(id);
            }
            ListChange::Job(job) => {
                let is_newer =
                    self.entries.get(&job.id).is_none_or(|cached| cached.version < job.version);
                if is_newer && !self.gone.contains(&job.id) {
                    self.entries.insert(job.id, job);
                }
            }
        }
    }

    /// The matches of a query and the ids of its page, in order.
    fn find(&self, query: &ListQuery, now: Timestamp) -> (JobList, Vec<JobId>) {
        let overview = overview(self.entries.values(), now);
        let mut list = JobList { query: query.to_string(), overview, ..JobList::default() };
        let mut found: Vec<&JobListEntry> = Vec::new();
        let mut labels: HashMap<&Label, u64> =
            query.labels.iter().map(|label| (label, 0)).collect();
        let mut projects: HashMap<&ProjectName, u64> =
            query.project.iter().map(|name| (name, 0)).collect();
        for job in self.entries.values().filter(|job| query.finds_in_any_project(job)) {
            let is_admitted = query.admits(job);
            if let Some(project) = job.project.as_ref().filter(|_| is_admitted) {
                *projects.entry(project).or_default() += 1;
            }
            if !query.is_of_project(job) {
                continue;
            }
            list.counts[job.status as usize] += 1;
            list.archived += u64::from(job.is_archived());
            if is_admitted {
                job.labels.iter().for_each(|label| *labels.entry(label).or_default() += 1);
                found.push(job);
            }
        }
        list.labels = choices(labels, |label| query.labels.contains(label));
        list.projects = choices(projects, |project| query.project.as_ref() == Some(project));
        list.matched = found.len() as u64;
        list.page = query.page.min(pages(list.matched, query.size));
        found.sort_unstable_by(|a, b| query.sort.compare(a, b));
        let size = usize::from(query.size);
        let start = (list.page as usize - 1) * size;
        (list, found.into_iter().skip(start).take(size).map(|job| job.id).collect())
    }

    /// The durations of the user's last runs, in seconds.
    fn last_runs(&self) -> Vec<u64> {
        let run = |job: &JobListEntry| Some((job.completed_at?, job.seconds?));
        let mut runs: Vec<_> = self.entries.values().filter_map(run).collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        runs.into_iter().take(RUNS).map(|(_, seconds)| seconds).collect()
    }
}

/// The chosen values of a filter, and the most frequent others, with their counts.
fn choices<T: Ord + Clone>(
    counts: HashMap<&T, u64>,
    is_chosen: impl Fn(&T) -> bool,
) -> Vec<(T, u64)> {
    let mut choices: Vec<_> = counts.into_iter().collect();
    choices.sort_unstable_by_key(|(value, count)| (!is_chosen(value), Reverse(*count), *value));
    choices.truncate(MAX_CHOICES);
    choices.sort_unstable_by_key(|(value, count)| (Reverse(*count), *value));
    choices.into_iter().map(|(value, count)| (value.clone(), count)).collect()
}

fn overview<'a>(jobs: impl Iterator<Item = &'a JobListEntry>, now: Timestamp) -> Overview {
    let mut all = Overview::default();
    for job in jobs {
        all.total += 1;
        match job.status {
            JobStatus::Running => all.running += 1,
            JobStatus::Uploading | JobStatus::Pending => all.queued += 1,
            JobStatus::Completed | JobStatus::Failed | JobStatus::Cancelled => {}
        }
        if job.completed_at.is_some_and(|at| now.duration_since(at) < LATELY) {
            all.completed += 1;
        }
        all.stored_bytes += job.input_bytes();
        match job.location {
            Some(ResultLocation::Archived | ResultLocation::Restoring) => {
                all.archived += 1;
                all.archived_bytes += job.result_size;
            }
            Some(ResultLocation::Stored) => all.stored_bytes += job.result_size,
            None => {}
        }
    }
    all
}

/// Finds a page of a user's jobs, with counts, overview and queue positions. A user with very many jobs gets the newest
/// ones at once, while the others are read ([`JobList::is_partial`]).
///
/// # Errors
/// If the store fails.
pub async fn find_jobs(
    gas: &Gas,
    lists: &JobLists,
    queue_positions: &QueuePositions,
    owner: UserId,
    query: &ListQuery,
) -> PortResult<JobList> {
    let (user, is_partial) = if is_of_newest(query) {
        lists.all_or_newest(gas, owner).await?
    } else {
        (lists.of(gas, owner).await?, false)
    };
    let (mut list, ids) = user.lock().find(query, gas.now());
    list.is_partial = is_partial;
    let mut rows = gas.jobs.store.jobs(&ids).await?;
    rows.retain(|job| job.owner == owner);
    let place = |job: &Job| ids.iter().position(|id| *id == job.id);
    rows.sort_by_key(place);
    let waiting = rows.iter().filter(|job| job.status() == JobStatus::Pending);
    let waiting: Vec<JobId> = waiting.map(|job| job.id).collect();
    if !waiting.is_empty() {
        let own = user.lock().last_runs();
        list.queue = queue_positions.positions(gas, &waiting, &own).await?;
    }
    list.jobs = rows.iter().map(JobView::from).collect();
    Ok(list)
}

/// The queue position of a user's job; `None` if it is not PENDING.
///
/// # Errors
/// [`FindError::NotFound`] also for a job of another user.
pub async fn queue_position(
    gas: &Gas,
    lists: &JobLists,
    queue_positions: &QueuePositions,
    owner: UserId,
    id: JobId,
) -> Result<Option<QueuePosition>, FindError> {
    let job = find_job(gas, owner, id).await?;
    if job.status() != JobStatus::Pending {
        return Ok(None);
    }
    // The newest jobs are enough for an estimate, if there are very many.
    let (user, _) = lists.all_or_newest(gas, owner).await?;
    let own = user.lock().last_runs();
    Ok(queue_positions.positions(gas, &[id], &own).await?.first().map(|(_, place)| *place))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "job_lists_tests.rs"]
mod tests;
