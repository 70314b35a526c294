//! The order in which workers start the jobs that wait.

use crate::queue_order;
use gas_shared::{JobId, Plan, UserId};
use std::collections::{HashMap, VecDeque};

/// A job that waits for a worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitingJob {
    pub(super) job: JobId,
    pub(super) user: UserId,
    /// The queue of the workers that it is in, or will be.
    pub(super) queue: Plan,
    /// Whether it is in the queue. The others follow when a job of their user has ended.
    pub(super) is_sent: bool,
}

/// Predicts the order in which jobs start, as if all runs took the same time. `waiting` has the jobs in
/// the order in which they were sent or added, `running` the owners of the jobs that run, longest first.
pub(super) fn start_order(
    waiting: &[WaitingJob],
    running: impl IntoIterator<Item = UserId>,
) -> Vec<JobId> {
    let mut queues = [VecDeque::new(), VecDeque::new()];
    let mut held: HashMap<UserId, VecDeque<WaitingJob>> = HashMap::new();
    for job in waiting {
        if job.is_sent {
            queues[job.queue as usize].push_back(*job);
        } else {
            held.entry(job.user).or_default().push_back(*job);
        }
    }
    let mut running: VecDeque<UserId> = running.into_iter().collect();
    let workers = running.len().max(1);
    let mut order = Vec::with_capacity(waiting.len());
    for turn in 0.. {
        // The longest run ends, and the next job of its owner is sent.
        if running.len() >= workers || queues.iter().all(VecDeque::is_empty) {
            let Some(user) = running.pop_front() else { break };
            if let Some(next) = held.get_mut(&user).and_then(VecDeque::pop_front) {
                queues[next.queue as usize].push_back(next);
            }
        }
        let mut plans = queue_order(turn).into_iter();
        if let Some(job) = plans.find_map(|plan| queues[plan as usize].pop_front()) {
            order.push(job.job);
            running.push_back(job.user);
        }
    }
    // Those that wait for something else than a run, such as a process that is about to send them.
    order.extend(waiting.iter().filter_map(|job| {
        let left = held.get_mut(&job.user)?;
        left.pop_front_if(|next| next.job == job.job).map(|next| next.job)
    }));
    order
}
