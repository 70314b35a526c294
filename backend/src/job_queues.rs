//! The queues of job requests: one for users on Premium, one for the others.

use crate::ports::Topic;
use gas_shared::Plan;
use std::sync::Arc;

/// Of this many turns, a worker asks the queue of Free first in one.
pub const FREE_TURN: u64 = 4;

/// The order in which a worker asks the queues in a turn. Premium comes first, except that Free has at
/// least every fourth start of a worker, so that neither queue starves the other.
pub const fn queue_order(turn: u64) -> [Plan; 2] {
    if turn % FREE_TURN == FREE_TURN - 1 {
        [Plan::Free, Plan::Premium]
    } else {
        [Plan::Premium, Plan::Free]
    }
}

/// The topics of jobs that wait for a worker. Each has a queue.
#[derive(Clone)]
pub struct JobRequestTopics {
    free: Arc<dyn Topic>,
    premium: Option<Arc<dyn Topic>>,
}

impl JobRequestTopics {
    /// Without a topic for Premium, as in stacks of older versions, all users share one.
    pub fn new(free: Arc<dyn Topic>, premium: Option<Arc<dyn Topic>>) -> Self {
        Self { free, premium }
    }

    /// The topic for users on a plan.
    pub fn of(&self, plan: Plan) -> &dyn Topic {
        match (plan, &self.premium) {
            (Plan::Premium, Some(premium)) => &**premium,
            _ => &*self.free,
        }
    }

    /// The queue of users on a plan: that of Free if all share one.
    pub fn queue(&self, plan: Plan) -> Plan {
        if self.premium.is_some() { plan } else { Plan::Free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::FakeTopic;

    #[tokio::test]
    async fn without_a_topic_for_premium_all_jobs_share_one() {
        let [free, premium] = [(); 2].map(|()| Arc::new(FakeTopic::default()));
        let two = JobRequestTopics::new(free.clone(), Some(premium.clone()));
        let one = JobRequestTopics::new(free.clone(), None);
        for topics in [&two, &one] {
            topics.of(Plan::Free).publish("free").await.unwrap();
            topics.of(Plan::Premium).publish("premium").await.unwrap();
        }
        assert_eq!(premium.bodies(), ["premium"]);
        assert_eq!(free.bodies(), ["free", "free", "premium"]);
        assert_eq!(
            [&two, &one].map(|topics| topics.queue(Plan::Premium)),
            [Plan::Premium, Plan::Free]
        );
    }

    #[test]
    fn of_any_four_turns_exactly_one_asks_free_first() {
        for start in 0..100 {
            let free =
                (start..start + FREE_TURN).filter(|turn| queue_order(*turn)[0] == Plan::Free);
            assert_eq!(free.count(), 1, "from turn {start}");
        }
    }

    #[test]
    fn each_turn_asks_both_queues() {
        for turn in 0..FREE_TURN {
            let order = queue_order(turn);
            assert_ne!(order[0], order[1], "turn {turn}");
        }
    }
}
