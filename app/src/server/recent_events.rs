//! The latest live events of all users, so that a browser that reopens its stream gets those in between instead of
//! fetching everything again. All web processes receive all events, so it may reopen it at another one.

use gas_shared::UserId;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many events are kept at most, of less than 1 KiB each, and for how long.
const MAX_EVENTS: usize = 4096;
const MAX_AGE: SignedDuration = SignedDuration::from_mins(2);

/// Processes receive an event at different times, and their clocks differ, by at most this much.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// The latest events, oldest first.
#[derive(Debug)]
pub(super) struct RecentEvents {
    events: VecDeque<RecentEvent>,
    /// Since when all events are here.
    since: Timestamp,
}

#[derive(Debug)]
struct RecentEvent {
    at: Timestamp,
    user: UserId,
    json: Arc<str>,
}

impl RecentEvents {
    /// Of a process that receives events from now on.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { events: VecDeque::new(), since: now }
    }

    /// Adds an event.
    pub(super) fn push(&mut self, now: Timestamp, user: UserId, json: Arc<str>) {
        let is_old = |event: &RecentEvent| now.duration_since(event.at) > MAX_AGE;
        while self.events.len() >= MAX_EVENTS || self.events.front().is_some_and(is_old) {
            if let Some(event) = self.events.pop_front() {
                self.since = event.at;
            }
        }
        self.events.push_back(RecentEvent { at: now, user, json });
    }

    /// Forgets all events, because some were lost.
    pub(super) fn clear(&mut self, now: Timestamp) {
        *self = Self::new(now);
    }

    /// The events that a user's browser may have missed since a time; `None` if not all of them are here. It may have
    /// some already, which their versions make harmless.
    pub(super) fn after(&self, user: UserId, time: Timestamp) -> Option<Vec<Arc<str>>> {
        let from = time.checked_sub(OVERLAP).ok()?;
        if from <= self.since {
            return None;
        }
        let missed = self.events.iter().filter(|event| event.user == user && event.at >= from);
        Some(missed.map(|event| event.json.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_000 + secs).unwrap()
    }

    #[test]
    fn a_browser_gets_what_it_missed_unless_that_is_not_known_anymore() {
        let (ada, eve) = (UserId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        let mut recent = RecentEvents::new(at(0));
        for secs in 1..100 {
            recent.push(at(secs), if secs % 2 == 0 { ada } else { eve }, secs.to_string().into());
        }
        let missed = |recent: &RecentEvents, secs| {
            Some(
                recent
                    .after(ada, at(secs))?
                    .iter()
                    .map(|json| json.to_string())
                    .collect::<Vec<_>>(),
            )
        };
        let overlap = OVERLAP.as_secs();
        assert_eq!(
            missed(&recent, 94 + overlap),
            Some(["94", "96", "98"].map(str::to_owned).to_vec())
        );
        assert_eq!(missed(&recent, overlap), None, "before the start of the process");
        recent.push(at(99 + MAX_AGE.as_secs()), ada, "late".into());
        assert_eq!(missed(&recent, 94 + overlap), None);
        assert_eq!(missed(&recent, 99 + overlap), Some(vec!["late".to_owned()]));
        recent.clear(at(300));
        assert_eq!(missed(&recent, 300), None);
        for _ in 0..2 * MAX_EVENTS {
            recent.push(at(301), ada, "x".into());
        }
        assert_eq!(recent.events.len(), MAX_EVENTS);
    }
}
