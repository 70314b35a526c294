//! Seconds until and since a point in time, by the server's clock.
//!
//! They are computed from the current time and never counted, so that a tab that was suspended in the
//! background is correct as soon as it runs.

use crate::browser;
use crate::live::use_live;
use dioxus::core::Task;
use dioxus::prelude::*;
use jiff::{SignedDuration, Timestamp};

/// Whole seconds left until `until`, 0 once it is reached. `None` without `until`, and while the server
/// renders the page, since its value would be outdated when the page arrives.
pub fn use_seconds_left(until: Option<Timestamp>) -> Option<i64> {
    use_seconds(until, seconds_left, Some(0))
}

/// Whether `until` is reached. The component is rendered again when that changes only, and not every second.
pub fn use_is_over(until: Option<Timestamp>) -> bool {
    use_seconds(until, |until, now| i64::from(now < until), Some(0)) == Some(0)
}

/// Whole seconds since `since`. `None` while the server renders the page.
pub fn use_seconds_since(since: Timestamp) -> Option<i64> {
    use_seconds(Some(since), |since, now| now.duration_since(since).as_secs().max(0), None)
}

/// Rounds up, so that the result is 0 only when the time is over.
fn seconds_left(until: Timestamp, now: Timestamp) -> i64 {
    let left = until.duration_since(now);
    (left.as_secs() + i64::from(left.subsec_nanos() > 0)).max(0)
}

/// Computes `seconds` from a point in time and the server's time every second, until the result is
/// `last`.
fn use_seconds(
    instant: Option<Timestamp>,
    seconds: fn(Timestamp, Timestamp) -> i64,
    last: Option<i64>,
) -> Option<i64> {
    let live = use_live();
    let mut shown = use_signal(|| None);
    let mut running = use_signal(|| None::<Task>);
    use_effect(use_reactive!(|instant| {
        let ahead = live.clock_ahead();
        if let Some(task) = running.take() {
            task.cancel();
        }
        let Some(instant) = instant else {
            shown.set(None);
            return;
        };
        running.set(Some(spawn(async move {
            loop {
                let now = Timestamp::now() - ahead;
                let value = Some(seconds(instant, now));
                if *shown.peek() != value {
                    shown.set(value);
                }
                if value == last {
                    break;
                }
                sleep_until_change(instant, now).await;
            }
        })));
    }));
    shown()
}

/// The time until the whole seconds between two points in time change.
fn until_change(instant: Timestamp, now: Timestamp) -> SignedDuration {
    let part = instant.duration_since(now).subsec_millis();
    SignedDuration::from_millis(i64::from(part).rem_euclid(1000).max(1))
}

async fn sleep_until_change(instant: Timestamp, now: Timestamp) {
    browser::sleep(until_change(instant, now).unsigned_abs()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap()
    }

    #[test]
    fn zero_seconds_are_left_only_when_the_time_is_over() {
        assert_eq!(seconds_left(at(180_000), at(0)), 180);
        assert_eq!(seconds_left(at(180_000), at(179_999)), 1);
        assert_eq!(seconds_left(at(180_000), at(180_000)), 0);
        assert_eq!(seconds_left(at(180_000), at(200_000)), 0);
    }

    #[test]
    fn the_next_update_is_when_the_seconds_change() {
        assert_eq!(until_change(at(180_000), at(250)).as_millis(), 750);
        assert_eq!(until_change(at(0), at(250)).as_millis(), 750);
        assert_eq!(until_change(at(0), at(0)).as_millis(), 1);
    }
}
