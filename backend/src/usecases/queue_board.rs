//! Where a job is in the queue, and how long it may take until its turn.
//!
//! The jobs that wait and those that run are in a sparse index; a process reads it at most every
//! few seconds, however many look. How long a run takes is told by the last runs that the process
//! heard of, or else by the user's own. Where neither is known, there is no estimate.

use crate::Gas;
use crate::ports::PortResult;
use gas_shared::job::{QueuePosition, StateView};
use gas_shared::{JobId, JobStatus, LiveEvent};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How old what was read of the queue may be.
const MAX_AGE: SignedDuration = SignedDuration::from_secs(2);

/// So many of the last runs count.
pub(super) const RUNS: usize = 50;

/// With fewer there is no average.
const MIN_RUNS: usize = 3;

/// What a process knows of the queue. Clones share it.
#[derive(Clone, Default)]
pub struct QueueBoard(Arc<Board>);

#[derive(Default)]
struct Board {
    /// Held while it is read: who asks meanwhile waits for that.
    seen: tokio::sync::Mutex<Option<Seen>>,
    /// The last runs of whomever, and how many seconds they took.
    runs: Mutex<VecDeque<(JobId, u64)>>,
}

/// The queue as it was.
#[derive(Clone)]
struct Seen {
    at: Timestamp,
    /// Who waits, the longest first.
    waiting: Arc<[JobId]>,
    running: usize,
}

impl QueueBoard {
    /// Takes in an event.
    pub fn hear(&self, event: &LiveEvent) {
        let LiveEvent::Job(job) = event else { return };
        let StateView::Completed { started_at, completed_at, .. } = &job.state else { return };
        let Ok(seconds) = completed_at.duration_since(*started_at).as_secs().try_into() else {
            return;
        };
        let mut runs = self.runs();
        // Later versions of a completed job are about its results, and an event may come twice.
        if runs.iter().any(|(id, _)| *id == job.id) {
            return;
        }
        runs.push_back((job.id, seconds));
        if runs.len() > RUNS {
            runs.pop_front();
        }
    }

    /// Where those of the jobs are that wait. `own_runs` are seconds of runs of the asker's.
    pub(super) async fn places(
        &self,
        gas: &Gas,
        jobs: &[JobId],
        own_runs: &[u64],
    ) -> PortResult<Vec<(JobId, QueuePosition)>> {
        let seen = self.look(gas).await?;
        let run = {
            let runs = self.runs();
            let all = mean(runs.iter().map(|(_, seconds)| *seconds));
            all.or_else(|| mean(own_runs.iter().copied()))
        };
        let place = |id: &JobId| {
            let ahead = seen.waiting.iter().position(|waiting| waiting == id)?;
            let position = u32::try_from(ahead + 1).unwrap_or(u32::MAX);
            Some((
                *id,
                QueuePosition { position, wait_secs: wait_secs(position, seen.running, run) },
            ))
        };
        Ok(jobs.iter().filter_map(place).collect())
    }

    async fn look(&self, gas: &Gas) -> PortResult<Seen> {
        let mut known = self.0.seen.lock().await;
        let now = gas.now();
        if let Some(seen) = known.as_ref().filter(|seen| now.duration_since(seen.at) <= MAX_AGE) {
            return Ok(seen.clone());
        }
        let waiting = gas.jobs.store.queue(JobStatus::Pending).await?.into();
        let running = gas.jobs.store.queue(JobStatus::Running).await?.len();
        let seen = Seen { at: now, waiting, running };
        *known = Some(seen.clone());
        Ok(seen)
    }

    fn runs(&self) -> MutexGuard<'_, VecDeque<(JobId, u64)>> {
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mean(runs: impl ExactSizeIterator<Item = u64>) -> Option<u64> {
    let count = runs.len();
    (count >= MIN_RUNS).then(|| runs.sum::<u64>() / count as u64)
}

/// As many workers as are busy take one job after the other. Where none is, nobody knows when one
/// will be.
fn wait_secs(position: u32, running: usize, run: Option<u64>) -> Option<u32> {
    let run = run.filter(|_| running > 0)?.max(1);
    let wait = u64::from(position).saturating_mul(run).div_ceil(running as u64);
    Some(wait.try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::{JobLists, claim_job, queue_place};
    use gas_shared::{JobView, Plan};

    /// The event of a run of so many seconds.
    async fn run(test: &TestGas, seconds: i64) -> LiveEvent {
        let eve = test.user("eve", Plan::Premium);
        let mut job = test.completed_job(&eve).await;
        if let gas_shared::job::JobState::Completed(done) = &mut job.state {
            done.completed_at = done.started_at + SignedDuration::from_secs(seconds);
        }
        LiveEvent::Job(Box::new(JobView::from(&job)))
    }

    #[tokio::test]
    async fn places_follow_the_queue_and_waits_follow_the_last_runs() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let board = QueueBoard::default();
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(test.pending_job(&ada).await.id);
            test.clock.advance_secs(1);
        }
        let places = board.places(&test.gas, &ids, &[]).await.unwrap();
        let positions: Vec<_> = places.iter().map(|(_, place)| place.position).collect();
        assert_eq!(positions, [1, 2, 3]);
        assert!(places.iter().all(|(_, place)| place.wait_secs.is_none()), "nothing to tell by");

        claim_job(&test.gas, ids[0], SignedDuration::from_secs(45)).await.unwrap();
        for seconds in [20, 30, 40] {
            let event = run(&test, seconds).await;
            board.hear(&event);
            board.hear(&event);
        }
        test.clock.advance_secs(3);
        let places = board.places(&test.gas, &ids, &[]).await.unwrap();
        let expected = [(1, Some(30)), (2, Some(60))];
        let told: Vec<_> = places.iter().map(|(_, p)| (p.position, p.wait_secs)).collect();
        assert_eq!(told, expected, "the claimed one waits no more");
    }

    #[tokio::test]
    async fn the_queue_is_read_every_few_seconds_however_many_ask() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let board = QueueBoard::default();
        let first = test.pending_job(&ada).await;
        assert_eq!(board.places(&test.gas, &[first.id], &[]).await.unwrap().len(), 1);
        let second = test.pending_job(&ada).await;
        assert!(board.places(&test.gas, &[second.id], &[]).await.unwrap().is_empty());
        test.clock.advance_secs(3);
        assert_eq!(board.places(&test.gas, &[second.id], &[]).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn another_users_job_has_no_place() {
        let test = TestGas::new();
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
        let job = test.pending_job(&ada).await;
        let (lists, board) = (JobLists::default(), QueueBoard::default());
        assert!(queue_place(&test.gas, &lists, &board, eve.id, job.id).await.is_err());
        let place = queue_place(&test.gas, &lists, &board, ada.id, job.id).await.unwrap();
        assert_eq!(place, Some(QueuePosition { position: 1, wait_secs: None }));
    }

    #[test]
    fn waits_need_a_busy_worker_and_a_few_runs() {
        assert_eq!(wait_secs(3, 0, Some(30)), None);
        assert_eq!(wait_secs(3, 2, None), None);
        assert_eq!(wait_secs(3, 2, Some(30)), Some(45));
        assert_eq!(mean([5, 5].into_iter()), None);
        assert_eq!(mean([4, 5, 6].into_iter()), Some(5));
    }
}
