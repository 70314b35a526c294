//! The main loop: one slot per concurrent job, each of which receives and handles one message at
//! a time, from the queue of Premium or of Free.

use crate::idle_call::IdleCall;
use crate::outage::Backoff;
use crate::worker::Worker;
use gas_backend::ports::{LONG_POLL, Message, PortResult};
use gas_backend::{chain, queue_order};
use gas_runtime::Shutdown;
use gas_shared::Plan;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long an idle slot waits for a message of either queue. The call of the queue that it takes no message from ends within
/// this time, and gives back what it receives until then.
const IDLE_WAIT: Duration = Duration::from_secs(2);

/// The workers of a process, one for each queue.
pub(crate) struct Workers {
    /// The queue of all users, or of those on Free if Premium has a queue.
    pub(crate) free: Worker,
    /// The queue of users on Premium.
    pub(crate) premium: Option<Worker>,
}

/// Polls until shutdown, then waits for the running jobs, which end or are released within the
/// grace period.
pub(crate) async fn run(workers: Arc<Workers>, concurrency: u8, shutdown: &Shutdown) {
    tracing::info!(concurrency, "worker ready");
    let mut slots = JoinSet::new();
    for _ in 0..concurrency {
        slots.spawn(slot(workers.clone(), shutdown.clone()));
    }
    slots.join_all().await;
}

async fn slot(workers: Arc<Workers>, shutdown: Shutdown) {
    let mut backoff = Backoff::default();
    let mut turn = Turn::default();
    while !shutdown.is_requested() {
        let received = tokio::select! {
            received = turn.receive(&workers) => received,
            () = shutdown.requested() => return,
        };
        if let Some((worker, message)) = received {
            backoff = Backoff::default();
            handle(worker, message, &shutdown).await;
        } else if turn.has_failed {
            tokio::select! {
                () = tokio::time::sleep(backoff.pause()) => {}
                () = shutdown.requested() => {}
            }
        } else {
            backoff = Backoff::default();
        }
    }
}

/// The turns of a slot.
#[derive(Debug, Default)]
struct Turn {
    /// The number of turns so far.
    number: u64,
    /// Whether the last turn found nothing in queues that it could read.
    is_idle: bool,
    /// Whether a queue could not be read in the last turn.
    has_failed: bool,
}

impl Turn {
    /// Asks the queues for a message, which the returned worker handles: one after the other if there was a message in
    /// the last turn, and otherwise both at once. A queue that cannot be read does not block the other.
    async fn receive<'a>(&mut self, workers: &'a Workers) -> Option<(&'a Worker, Message)> {
        let Workers { free, premium } = workers;
        free.intake.open().await;
        free.scratch.wait_for_space().await;
        let order = queue_order(self.number);
        self.number += 1;
        self.has_failed = false;
        let received = match premium {
            None => self.ask(Plan::Free, free, LONG_POLL).await,
            Some(premium) => {
                let order = order.map(|plan| match plan {
                    Plan::Free => (plan, free),
                    Plan::Premium => (plan, premium),
                });
                if self.is_idle { self.wait(order).await } else { self.ask_both(order).await }
            }
        };
        // After an outage, both queues may have messages, and a slot that waits at both would give one back.
        self.is_idle = received.is_none() && !self.has_failed;
        received
    }

    async fn ask<'a>(
        &mut self,
        plan: Plan,
        worker: &'a Worker,
        wait: Duration,
    ) -> Option<(&'a Worker, Message)> {
        let received = worker.queue.receive(1, worker.timing.visibility, wait).await;
        let received = received.map(|messages| messages.into_iter().next());
        Some((worker, self.found(plan, received)?))
    }

    /// Asks one queue after the other, without waiting.
    async fn ask_both<'a>(
        &mut self,
        order: [(Plan, &'a Worker); 2],
    ) -> Option<(&'a Worker, Message)> {
        for (plan, worker) in order {
            let received = self.ask(plan, worker, Duration::ZERO).await;
            if received.is_some() {
                return received;
            }
        }
        None
    }

    /// Waits for the first message of either queue.
    async fn wait<'a>(
        &mut self,
        [first, second]: [(Plan, &'a Worker); 2],
    ) -> Option<(&'a Worker, Message)> {
        let call = |worker: &Worker| {
            IdleCall::begin(worker.queue.clone(), worker.timing.visibility, IDLE_WAIT)
        };
        let (mut first_call, mut second_call) = (Some(call(first.1)), Some(call(second.1)));
        while first_call.is_some() || second_call.is_some() {
            let ((plan, worker), received) = tokio::select! {
                biased;
                received = IdleCall::answer(&mut first_call) => (first, received),
                received = IdleCall::answer(&mut second_call) => (second, received),
            };
            if let Some(message) = self.found(plan, received) {
                return Some((worker, message));
            }
        }
        None
    }

    /// The message of an answer. A failure is logged, and remembered for the pause after the turn.
    fn found(&mut self, plan: Plan, received: PortResult<Option<Message>>) -> Option<Message> {
        received.unwrap_or_else(|error| {
            tracing::error!(%plan, error = %chain(&error), "queue cannot be read");
            self.has_failed = true;
            None
        })
    }
}

/// Handles a message in a separate task, so that a panic costs one attempt and not the slot.
async fn handle(worker: &Worker, message: Message, shutdown: &Shutdown) {
    let (worker, shutdown) = (worker.clone(), shutdown.clone());
    let task = tokio::spawn(async move { worker.handle(&message, &shutdown).await });
    if let Err(error) = task.await {
        tracing::error!(%error, "handling of a message panicked; SQS delivers it again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RESERVE_BYTES;
    use crate::scratch::ScratchRoot;
    use crate::testing::{FakeDisk, FakeQueue, WaitingQueue, message, worker};
    use gas_backend::FREE_TURN;
    use gas_backend::testkit::{Outage, TestGas};
    use gas_shared::JobStatus;
    use tempfile::TempDir;
    use tokio::time::Instant;

    const ENGINE: &str = r#"echo x > "$2"; echo y > "$3"; echo '{"event":"done","records":1}'"#;

    /// The queues of Free and Premium, and their workers.
    struct Case {
        test: TestGas,
        free: Arc<FakeQueue>,
        premium: Arc<FakeQueue>,
        workers: Workers,
        _folder: TempDir,
    }

    fn case(outages: [&Outage; 2]) -> Case {
        let test = TestGas::new();
        let [free, premium] = outages.map(|outage| Arc::new(FakeQueue::with(outage)));
        let (worker, _folder) = worker(&test, free.clone(), ENGINE);
        let both = Some(Worker { queue: premium.clone(), ..worker.clone() });
        Case { test, free, premium, workers: Workers { free: worker, premium: both }, _folder }
    }

    fn fill(queue: &FakeQueue, count: u32) {
        for number in 0..count {
            let receipt = number.to_string();
            queue.offer(Message { body: String::new(), receipt, receive_count: 1, trace: None });
        }
    }

    /// The plans of the next messages.
    async fn next(case: &Case, turn: &mut Turn, count: usize) -> Vec<Plan> {
        let mut plans = Vec::new();
        while plans.len() < count {
            if let Some((worker, _)) = turn.receive(&case.workers).await {
                let is_premium = std::ptr::eq(worker, case.workers.premium.as_ref().unwrap());
                plans.push(if is_premium { Plan::Premium } else { Plan::Free });
            }
        }
        plans
    }

    #[tokio::test]
    async fn a_full_premium_queue_leaves_every_fourth_start_to_free() {
        let case = case([&Outage::default(), &Outage::default()]);
        fill(&case.free, 100);
        fill(&case.premium, 1_000);
        let plans = next(&case, &mut Turn::default(), 100).await;
        for some in plans.windows(FREE_TURN as usize) {
            assert_eq!(some.iter().filter(|plan| **plan == Plan::Free).count(), 1);
        }
        assert_eq!(plans[0], Plan::Premium);
    }

    #[tokio::test]
    async fn a_premium_job_starts_next_beside_a_full_free_queue() {
        let case = case([&Outage::default(), &Outage::default()]);
        fill(&case.free, 1_000);
        let mut turn = Turn::default();
        for _ in 0..20 {
            next(&case, &mut turn, 5).await;
            fill(&case.premium, 1);
            let plans = next(&case, &mut turn, 2).await;
            assert!(plans.contains(&Plan::Premium), "at most one other job is first: {plans:?}");
        }
    }

    #[tokio::test]
    async fn an_unavailable_queue_does_not_block_the_other() {
        let (down, up) = (Outage::default(), Outage::default());
        let case = case([&up, &down]);
        down.begin();
        fill(&case.free, 3);
        let mut turn = Turn::default();
        assert_eq!(next(&case, &mut turn, 3).await, [Plan::Free; 3]);
        assert!(turn.receive(&case.workers).await.is_none() && turn.has_failed);
    }

    #[tokio::test]
    async fn an_idle_slot_waits_at_both_queues_at_once() {
        for plan in [Plan::Free, Plan::Premium] {
            let mut case = case([&Outage::default(), &Outage::default()]);
            let [free, premium] = [(); 2].map(|()| Arc::new(WaitingQueue::default()));
            case.workers.free.queue = free.clone();
            case.workers.premium.as_mut().unwrap().queue = premium.clone();
            let mut turn = Turn { is_idle: true, ..Turn::default() };
            let queue = if plan == Plan::Free { &free } else { &premium };
            let offer = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                queue.offer("job");
            };
            let clock = Instant::now();
            let (received, ()) = tokio::join!(turn.receive(&case.workers), offer);
            let (worker, message) = received.unwrap();
            let is_premium = std::ptr::eq(worker, case.workers.premium.as_ref().unwrap());
            assert_eq!((message.body.as_str(), is_premium), ("job", plan == Plan::Premium));
            assert!(clock.elapsed() < Duration::from_millis(900), "{plan}: {:?}", clock.elapsed());
            assert!(!turn.is_idle);
        }
    }

    #[tokio::test]
    async fn a_slot_that_has_a_message_gives_back_that_of_the_other_queue() {
        let mut case = case([&Outage::default(), &Outage::default()]);
        let [free, premium] = [(); 2].map(|()| Arc::new(WaitingQueue::default()));
        case.workers.free.queue = free.clone();
        case.workers.premium.as_mut().unwrap().queue = premium.clone();
        let mut turn = Turn { is_idle: true, ..Turn::default() };
        premium.offer("first");
        let (_, message) = turn.receive(&case.workers).await.unwrap();
        assert_eq!(message.body, "first");
        // The slot runs a job now, and its call at the other queue is still open.
        free.offer("second");
        let is_given_back = async {
            while free.deleted() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), is_given_back).await.unwrap();
        let (_, message) = turn.receive(&case.workers).await.unwrap();
        assert_eq!((message.body.as_str(), message.receive_count), ("second", 1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_turn_without_a_message_ends() {
        let mut case = case([&Outage::default(), &Outage::default()]);
        case.workers.free.queue = Arc::new(WaitingQueue::default());
        case.workers.premium.as_mut().unwrap().queue = Arc::new(WaitingQueue::default());
        let mut turn = Turn { is_idle: true, ..Turn::default() };
        let clock = Instant::now();
        assert!(turn.receive(&case.workers).await.is_none());
        assert_eq!(clock.elapsed(), IDLE_WAIT);
        assert!(turn.is_idle && !turn.has_failed);
    }

    /// Runs the workers until this many messages are deleted.
    async fn run_until(workers: Workers, queues: &[&FakeQueue], count: usize) {
        let shutdown = Shutdown::default();
        let until_done = async {
            while queues.iter().map(|queue| queue.deleted().len()).sum::<usize>() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            shutdown.now();
        };
        let both = async { tokio::join!(run(Arc::new(workers), 2, &shutdown), until_done) };
        tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
    }

    #[tokio::test]
    async fn messages_of_both_queues_are_handled_until_shutdown_and_deleted_where_they_came_from() {
        let Case { test, free, premium, workers, _folder } =
            case([&Outage::default(), &Outage::default()]);
        let mut ids = Vec::new();
        for (plan, queue) in [(Plan::Free, &free), (Plan::Premium, &premium)] {
            let user = test.user("ada", plan);
            for _ in 0..3 {
                let job = test.pending_job(&user).await;
                queue.offer(message(job.id, 1));
                ids.push(job.id);
            }
        }
        run_until(workers, &[&free, &premium], 6).await;
        assert!(ids.iter().all(|id| test.job(*id).status() == JobStatus::Completed));
        assert_eq!((free.deleted().len(), premium.deleted().len()), (3, 3));
    }

    #[tokio::test]
    async fn without_a_queue_for_premium_all_messages_come_from_one() {
        let Case { test, free, workers, _folder, .. } =
            case([&Outage::default(), &Outage::default()]);
        let job = test.pending_job(&test.user("eve", Plan::Premium)).await;
        free.offer(message(job.id, 1));
        run_until(Workers { premium: None, ..workers }, &[&free], 1).await;
        assert_eq!(test.job(job.id).status(), JobStatus::Completed);
    }

    #[tokio::test(start_paused = true)]
    async fn no_messages_are_received_while_the_disk_is_full() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let queue = Arc::new(FakeQueue::default());
        queue.offer(message(test.pending_job(&ada).await.id, 1));
        let (mut worker, folder) = worker(&test, queue.clone(), ENGINE);
        let disk = Arc::new(FakeDisk::default());
        worker.scratch = ScratchRoot::open(&folder.path().join("work"), disk.clone()).unwrap();
        disk.set_free(RESERVE_BYTES);
        let shutdown = Shutdown::default();
        let control = async {
            tokio::time::sleep(Duration::from_hours(1)).await;
            assert_eq!(queue.waiting(), 1);
            disk.set_free(1 << 40);
            while queue.waiting() > 0 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            shutdown.now();
        };
        tokio::join!(run(Arc::new(Workers { free: worker, premium: None }), 1, &shutdown), control);
    }
}
