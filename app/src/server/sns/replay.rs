//! Which messages came before.

use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// The ids of accepted messages, each kept for as long as its message would be accepted. Only
/// signed ids get in, so that nobody but SNS can make it grow.
#[derive(Debug, Default)]
pub struct Replays {
    until: HashMap<String, Timestamp>,
}

impl Replays {
    /// Remembers a message of this moment, which is accepted for `window`. Whether it is new.
    pub fn insert(
        &mut self,
        id: &str,
        published: Timestamp,
        window: SignedDuration,
        now: Timestamp,
    ) -> bool {
        self.until.retain(|_, until| *until >= now);
        self.until.insert(id.to_owned(), published + window).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once_and_forgotten_with_its_message() {
        let window = SignedDuration::from_hours(1);
        let now: Timestamp = "2026-03-06T20:00:00Z".parse().unwrap();
        let mut replays = Replays::default();
        assert!(replays.insert("a", now, window, now));
        assert!(!replays.insert("a", now, window, now + window));
        assert!(replays.insert("b", now, window, now + window));
        assert!(replays.insert("c", now + window * 2, window, now + window * 2));
        assert_eq!(replays.until.len(), 1);
    }
}
