//! Detects messages that were received before.

use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// The ids of accepted messages, each kept until its message would be rejected for its age. Only
/// ids with a valid signature are added, so only SNS can make it grow.
#[derive(Debug, Default)]
pub struct SeenMessages {
    expires_at: HashMap<String, Timestamp>,
}

impl SeenMessages {
    /// Adds a message, to be kept for `window` after its publication. Returns whether it is new.
    pub fn insert(
        &mut self,
        id: &str,
        published: Timestamp,
        window: SignedDuration,
        now: Timestamp,
    ) -> bool {
        self.expires_at.retain(|_, expires_at| *expires_at >= now);
        self.expires_at.insert(id.to_owned(), published + window).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once_and_removed_after_the_window() {
        let window = SignedDuration::from_hours(1);
        let now: Timestamp = "2026-03-06T20:00:00Z".parse().unwrap();
        let mut seen = SeenMessages::default();
        assert!(seen.insert("a", now, window, now));
        assert!(!seen.insert("a", now, window, now + window));
        assert!(seen.insert("b", now, window, now + window));
        assert!(seen.insert("c", now + window * 2, window, now + window * 2));
        assert_eq!(seen.expires_at.len(), 1);
    }
}
