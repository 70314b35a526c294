//! Queue positions of pending jobs and estimates of their waiting times.
//!
//! A position says how many jobs start before: both queues of the workers count, and jobs that are not
//! sent to the workers yet ([`super::dispatch`]). Pending and running jobs are in a sparse index, which a
//! process reads at most every few seconds, with the jobs that are sent. The duration of a run is estimated from the last runs that the process received events of, or
//! from the user's own runs. Without either there is no estimate.

use super::start_order::{WaitingJob, start_order};
use crate::Gas;
use crate::ports::PortResult;
use gas_shared::job::{QueuePosition, StateView};
use gas_shared::{JobId, JobStatus, LiveEvent, Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// How long a read of the queue is used.
const MAX_AGE: SignedDuration = SignedDuration::from_secs(2);

/// The number of last runs that are averaged.
pub(super) const RUNS: usize = 50;

/// The fewest runs that give an average.
const MIN_RUNS: usize = 3;

/// The queue as a process knows it. Clones share the state.
#[derive(Clone, Default)]
pub struct QueuePositions(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Locked during a read, so that concurrent callers wait for the same read.
    read: tokio::sync::Mutex<Option<QueueRead>>,
    /// The last runs of all users, with their durations in seconds.
    runs: Mutex<VecDeque<(JobId, u64)>>,
}

/// One read of the queue.
#[derive(Clone)]
struct QueueRead {
    at: Timestamp,
    /// The positions of the jobs that wait, from 1.
    positions: Arc<HashMap<JobId, u32>>,
    running: usize,
}

impl QueuePositions {
    /// Receives a live event.
    pub fn receive(&self, event: &LiveEvent) {
        let LiveEvent::Job(job) = event else { return };
        let StateView::Completed { started_at, completed_at, .. } = &job.state else { return };
        let Ok(seconds) = completed_at.duration_since(*started_at).as_secs().try_into() else {
            return;
        };
        let mut runs = self.runs();
        // Later versions of a completed job change its results, and an event may arrive twice.
        if runs.iter().any(|(id, _)| *id == job.id) {
            return;
        }
        runs.push_back((job.id, seconds));
        if runs.len() > RUNS {
            runs.pop_front();
        }
    }

    /// The positions of the pending ones of the jobs. `own_runs` are the durations of the user's
    /// last runs, in seconds.
    pub(super) async fn positions(
        &self,
        gas: &Gas,
        jobs: &[JobId],
        own_runs: &[u64],
    ) -> PortResult<Vec<(JobId, QueuePosition)>> {
        let read = self.read(gas).await?;
        let run = {
            let runs = self.runs();
            let all = mean(runs.iter().map(|(_, seconds)| *seconds));
            all.or_else(|| mean(own_runs.iter().copied()))
        };
        let place = |id: &JobId| {
            let position = *read.positions.get(id)?;
            Some((
                *id,
                QueuePosition { position, wait_secs: wait_secs(position, read.running, run) },
            ))
        };
        Ok(jobs.iter().filter_map(place).collect())
    }

    async fn read(&self, gas: &Gas) -> PortResult<QueueRead> {
        let mut last = self.0.read.lock().await;
        let now = gas.now();
        if let Some(read) = last.as_ref().filter(|read| now.duration_since(read.at) <= MAX_AGE) {
            return Ok(read.clone());
        }
        let pending = gas.jobs.store.queue(JobStatus::Pending).await?;
        let running = gas.jobs.store.queue(JobStatus::Running).await?;
        let order = order(gas, &pending, &running).await?;
        let positions = Arc::new(order.into_iter().zip(1..).collect());
        let read = QueueRead { at: now, positions, running: running.len() };
        *last = Some(read.clone());
        Ok(read)
    }

    fn runs(&self) -> MutexGuard<'_, VecDeque<(JobId, u64)>> {
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The order in which the pending jobs start.
async fn order(gas: &Gas, pending: &[JobId], running: &[JobId]) -> PortResult<Vec<JobId>> {
    let dispatches = gas.dispatches.all().await?;
    let known: HashSet<JobId> = dispatches.iter().map(|one| one.job).collect();
    let owners: HashMap<JobId, UserId> = dispatches.iter().map(|one| (one.job, one.user)).collect();
    let pending_set: HashSet<JobId> = pending.iter().copied().collect();
    // Jobs of older versions are in the queue, and nobody waits for their end.
    let nobody = UserId::new(Uuid::nil());
    let unknown = pending.iter().filter(|job| !known.contains(job));
    let unknown =
        unknown.map(|job| WaitingJob { job: *job, user: nobody, queue: Plan::Free, is_sent: true });
    let waiting = dispatches.iter().filter(|one| pending_set.contains(&one.job));
    let waiting = waiting.map(|one| WaitingJob {
        job: one.job,
        user: one.user,
        queue: gas.job_requests.queue(one.plan),
        is_sent: one.is_sent,
    });
    let waiting: Vec<WaitingJob> = unknown.chain(waiting).collect();
    let running = running.iter().map(|job| owners.get(job).copied().unwrap_or(nobody));
    Ok(start_order(&waiting, running))
}

fn mean(runs: impl ExactSizeIterator<Item = u64>) -> Option<u64> {
    let count = runs.len();
    (count >= MIN_RUNS).then(|| runs.sum::<u64>() / count as u64)
}

/// Estimates the waiting time from the number of busy workers, each of which runs one job after the
/// other. Without a busy worker there is no estimate.
fn wait_secs(position: u32, running: usize, run: Option<u64>) -> Option<u32> {
    let run = run.filter(|_| running > 0)?.max(1);
    let wait = u64::from(position).saturating_mul(run).div_ceil(running as u64);
    Some(wait.try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::dispatch::tests::Worker;
    use crate::usecases::{JobLists, claim_job, queue_position};
    use gas_shared::JobView;

    /// The event of a run with a duration in seconds.
    async fn run(test: &TestGas, seconds: i64) -> LiveEvent {
        let eve = test.user("eve", Plan::Premium);
        let mut job = test.completed_job(&eve).await;
        if let gas_shared::job::JobState::Completed(done) = &mut job.state {
            done.completed_at = done.started_at + SignedDuration::from_secs(seconds);
        }
        LiveEvent::Job(Box::new(JobView::from(&job)))
    }

    #[tokio::test]
    async fn positions_follow_the_queue_and_estimates_follow_the_last_runs() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let queue_positions = QueuePositions::default();
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(test.pending_job(&ada).await.id);
            test.clock.advance_secs(1);
        }
        let places = queue_positions.positions(&test.gas, &ids, &[]).await.unwrap();
        let positions: Vec<_> = places.iter().map(|(_, place)| place.position).collect();
        assert_eq!(positions, [1, 2, 3]);
        assert!(
            places.iter().all(|(_, place)| place.wait_secs.is_none()),
            "there are no runs to estimate from"
        );

        claim_job(&test.gas.jobs, ids[0], SignedDuration::from_secs(45)).await.unwrap();
        for seconds in [20, 30, 40] {
            let event = run(&test, seconds).await;
            queue_positions.receive(&event);
            queue_positions.receive(&event);
        }
        test.clock.advance_secs(3);
        let places = queue_positions.positions(&test.gas, &ids, &[]).await.unwrap();
        let expected = [(1, Some(30)), (2, Some(60))];
        let estimates: Vec<_> = places.iter().map(|(_, p)| (p.position, p.wait_secs)).collect();
        assert_eq!(estimates, expected, "the claimed job is not pending");
    }

    #[tokio::test]
    async fn the_queue_is_read_at_most_every_few_seconds() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let queue_positions = QueuePositions::default();
        let first = test.pending_job(&ada).await;
        assert_eq!(queue_positions.positions(&test.gas, &[first.id], &[]).await.unwrap().len(), 1);
        let second = test.pending_job(&ada).await;
        assert!(queue_positions.positions(&test.gas, &[second.id], &[]).await.unwrap().is_empty());
        test.clock.advance_secs(3);
        assert_eq!(queue_positions.positions(&test.gas, &[second.id], &[]).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn jobs_that_are_held_back_and_both_queues_count() {
        let test = TestGas::new();
        let busy = test.user("busy", Plan::Free);
        let mut held = Vec::new();
        for _ in 0..10 {
            held.push(test.pending_job(&busy).await.id);
        }
        let other = test.pending_job(&test.user("other", Plan::Free)).await.id;
        let eve = test.pending_job(&test.user("eve", Plan::Premium)).await.id;
        let queue_positions = QueuePositions::default();
        let ids = [&[other, eve], &held[..]].concat();
        let places = queue_positions.positions(&test.gas, &ids, &[]).await.unwrap();
        let positions: Vec<_> = places.iter().map(|(_, place)| place.position).collect();
        // Premium is first. The other Free user waits for the three jobs that were sent before only.
        assert_eq!(positions, [5, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]);
    }

    #[tokio::test]
    async fn jobs_start_in_the_order_of_their_positions() {
        let test = TestGas::new();
        let mut ids = Vec::new();
        for (name, plan, jobs) in [
            ("ada", Plan::Free, 12),
            ("eve", Plan::Premium, 25),
            ("bob", Plan::Free, 1),
            ("mia", Plan::Premium, 2),
            ("zoe", Plan::Free, 5),
        ] {
            let user = test.user(name, plan);
            for _ in 0..jobs {
                ids.push(test.pending_job(&user).await.id);
            }
        }
        let queue_positions = QueuePositions::default();
        let mut predicted = queue_positions.positions(&test.gas, &ids, &[]).await.unwrap();
        predicted.sort_by_key(|(_, place)| place.position);
        let predicted: Vec<JobId> = predicted.into_iter().map(|(id, _)| id).collect();
        assert_eq!(predicted.len(), ids.len());
        let (mut worker, mut started) = (Worker::default(), Vec::new());
        while let Some(id) = worker.run_next(&test).await {
            started.push(id);
        }
        assert_eq!(started, predicted);
    }

    #[tokio::test]
    async fn another_users_job_has_no_position() {
        let test = TestGas::new();
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
        let job = test.pending_job(&ada).await;
        let (lists, queue_positions) = (JobLists::default(), QueuePositions::default());
        assert!(queue_position(&test.gas, &lists, &queue_positions, eve.id, job.id).await.is_err());
        let place =
            queue_position(&test.gas, &lists, &queue_positions, ada.id, job.id).await.unwrap();
        assert_eq!(place, Some(QueuePosition { position: 1, wait_secs: None }));
    }

    #[test]
    fn an_estimate_needs_a_busy_worker_and_a_few_runs() {
        assert_eq!(wait_secs(3, 0, Some(30)), None);
        assert_eq!(wait_secs(3, 2, None), None);
        assert_eq!(wait_secs(3, 2, Some(30)), Some(45));
        assert_eq!(mean([5, 5].into_iter()), None);
        assert_eq!(mean([4, 5, 6].into_iter()), Some(5));
    }
}
