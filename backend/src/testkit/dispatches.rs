//! The waiting and sent jobs in memory, and the contract of the port.

use super::{FakeAccounts, lock};
use crate::ports::{Accounts, Dispatch, Dispatches, PortResult};
use async_trait::async_trait;
use gas_shared::{JobId, Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[derive(Clone, Debug)]
struct Row {
    user: UserId,
    job: JobId,
    added: Timestamp,
    sent: Option<Timestamp>,
    published: bool,
}

/// Waiting and sent jobs in memory, in the order in which they were added.
#[derive(Debug, Default)]
pub struct FakeDispatches {
    rows: Mutex<Vec<Row>>,
    accounts: Arc<FakeAccounts>,
}

impl FakeDispatches {
    /// Jobs of the users of these profiles.
    pub fn new(accounts: Arc<FakeAccounts>) -> Self {
        Self { rows: Mutex::default(), accounts }
    }
}

#[async_trait]
impl Dispatches for FakeDispatches {
    async fn add(&self, user: UserId, job: JobId, now: Timestamp) -> PortResult<()> {
        let mut rows = lock(&self.rows);
        if rows.iter().all(|row| row.job != job) {
            rows.push(Row { user, job, added: now, sent: None, published: false });
        }
        Ok(())
    }

    async fn take(&self, user: UserId, max: u16, now: Timestamp) -> PortResult<Vec<JobId>> {
        let mut rows = lock(&self.rows);
        if self.accounts.blocked_at(user).is_some() {
            return Ok(Vec::new());
        }
        let is_sent = |row: &&Row| row.user == user && row.sent.is_some();
        let free = usize::from(max).saturating_sub(rows.iter().filter(is_sent).count());
        let waiting = rows.iter_mut().filter(|row| row.user == user && row.sent.is_none());
        Ok(waiting
            .take(free)
            .map(|row| {
                row.sent = Some(now);
                row.published = false;
                row.job
            })
            .collect())
    }

    async fn published(&self, jobs: &[JobId]) -> PortResult<()> {
        let mut rows = lock(&self.rows);
        rows.iter_mut().filter(|row| jobs.contains(&row.job)).for_each(|row| row.published = true);
        Ok(())
    }

    async fn put_back(&self, jobs: &[JobId]) -> PortResult<()> {
        let mut rows = lock(&self.rows);
        rows.iter_mut().filter(|row| jobs.contains(&row.job)).for_each(|row| row.sent = None);
        Ok(())
    }

    async fn put_back_unpublished(&self, taken_before: Timestamp) -> PortResult<()> {
        let mut rows = lock(&self.rows);
        let is_stuck =
            |row: &&mut Row| !row.published && row.sent.is_some_and(|sent| sent < taken_before);
        rows.iter_mut().filter(is_stuck).for_each(|row| row.sent = None);
        Ok(())
    }

    async fn is_waiting(&self, job: JobId) -> PortResult<bool> {
        Ok(lock(&self.rows).iter().any(|row| row.job == job && row.sent.is_none()))
    }

    async fn remove(&self, job: JobId) -> PortResult<Option<UserId>> {
        let mut rows = lock(&self.rows);
        let at = rows.iter().position(|row| row.job == job);
        Ok(at.map(|at| rows.remove(at).user))
    }

    async fn count(&self, user: UserId) -> PortResult<u32> {
        Ok(lock(&self.rows).iter().filter(|row| row.user == user).count() as u32)
    }

    async fn of_user(&self, user: UserId) -> PortResult<Vec<JobId>> {
        let rows = lock(&self.rows);
        Ok(rows.iter().filter(|row| row.user == user).map(|row| row.job).collect())
    }

    async fn sent_before(&self, time: Timestamp) -> PortResult<Vec<JobId>> {
        let rows = lock(&self.rows);
        let old = rows.iter().filter(|row| row.sent.is_some_and(|sent| sent < time));
        Ok(old.map(|row| row.job).collect())
    }

    async fn waiting_users(&self) -> PortResult<Vec<UserId>> {
        let rows = lock(&self.rows);
        let waits = |row: &&Row| row.sent.is_none() && self.accounts.blocked_at(row.user).is_none();
        let users = rows.iter().filter(waits).map(|row| row.user);
        Ok(users.collect::<BTreeSet<_>>().into_iter().collect())
    }

    async fn backlog(&self) -> PortResult<(u64, Option<Timestamp>)> {
        let rows = lock(&self.rows);
        let waiting = rows.iter().filter(|row| row.sent.is_none()).count();
        Ok((waiting as u64, rows.iter().map(|row| row.added).min()))
    }

    async fn all(&self) -> PortResult<Vec<Dispatch>> {
        let mut rows = lock(&self.rows).clone();
        rows.sort_by_key(|row| (row.sent.is_none(), row.sent));
        let mut all = Vec::new();
        for Row { user, job, sent, .. } in rows {
            let account = self.accounts.account(user).await?;
            let plan = account.map_or(Plan::Free, |account| account.plan);
            all.push(Dispatch { job, user, plan, is_sent: sent.is_some() });
        }
        Ok(all)
    }
}

/// Checks that an adapter fulfills the contract of the port.
///
/// # Panics
/// If it does not.
#[expect(clippy::unwrap_used, reason = "this is for tests only")]
pub async fn dispatches_contract(dispatches: &dyn Dispatches) {
    let [ada, eve] = [(); 2].map(|()| UserId::new(Uuid::new_v4()));
    let jobs = [(); 5].map(|()| JobId::new(Uuid::new_v4()));
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000_000);
    let later = |secs| now + SignedDuration::from_secs(secs);
    for (job, secs) in jobs.iter().zip(0..) {
        dispatches.add(ada, *job, later(secs)).await.unwrap();
    }
    dispatches.add(ada, jobs[0], later(9)).await.unwrap();
    assert_eq!(dispatches.count(ada).await.unwrap(), 5, "a job is added once");
    assert_eq!(dispatches.count(eve).await.unwrap(), 0);
    let mut of_ada = dispatches.of_user(ada).await.unwrap();
    of_ada.sort_by_key(|job| jobs.iter().position(|one| one == job));
    assert_eq!(of_ada, jobs);
    assert!(dispatches.of_user(eve).await.unwrap().is_empty());
    assert!(dispatches.waiting_users().await.unwrap().contains(&ada));

    let calls = (0..4).map(|_| dispatches.take(ada, 2, now));
    let taken = futures::future::join_all(calls).await;
    let mut taken: Vec<JobId> = taken.into_iter().flat_map(|jobs| jobs.unwrap()).collect();
    taken.sort_by_key(|job| jobs.iter().position(|one| one == job));
    assert_eq!(taken, jobs[..2], "the oldest ones, and not more in concurrent calls");
    assert!(!dispatches.is_waiting(jobs[0]).await.unwrap());
    assert!(dispatches.is_waiting(jobs[2]).await.unwrap());
    let all = dispatches.all().await.unwrap().into_iter().filter(|one| one.user == ada);
    let all: Vec<_> = all.map(|one| (one.job, one.plan, one.is_sent)).collect();
    let expected = [true, true, false, false, false];
    let expected = jobs.iter().zip(expected).map(|(job, sent)| (*job, Plan::Free, sent));
    assert_eq!(all, expected.collect::<Vec<_>>(), "first the sent ones, each by age");
    assert!(dispatches.sent_before(later(1)).await.unwrap().contains(&jobs[0]));
    assert!(!dispatches.sent_before(now).await.unwrap().contains(&jobs[0]));

    assert_eq!(dispatches.remove(jobs[0]).await.unwrap(), Some(ada));
    assert_eq!(dispatches.remove(jobs[0]).await.unwrap(), None);
    assert_eq!(dispatches.take(ada, 2, now).await.unwrap(), [jobs[2]], "one place is free");
    dispatches.put_back(&[jobs[2]]).await.unwrap();
    assert!(dispatches.is_waiting(jobs[2]).await.unwrap());
    assert_eq!(dispatches.take(ada, 2, now).await.unwrap(), [jobs[2]]);

    dispatches.published(&[jobs[1]]).await.unwrap();
    dispatches.put_back_unpublished(now).await.unwrap();
    assert!(!dispatches.is_waiting(jobs[2]).await.unwrap(), "it may be published in a moment");
    dispatches.put_back_unpublished(later(1)).await.unwrap();
    assert!(!dispatches.is_waiting(jobs[1]).await.unwrap(), "its message is published");
    assert!(dispatches.is_waiting(jobs[2]).await.unwrap());
    for job in &jobs[1..] {
        dispatches.remove(*job).await.unwrap();
    }
    assert!(!dispatches.waiting_users().await.unwrap().contains(&ada));
}

#[tokio::test]
async fn the_in_memory_dispatches_fulfill_the_contract() {
    dispatches_contract(&FakeDispatches::default()).await;
}
