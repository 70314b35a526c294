//! Seconds until a moment, and since one, by the server's clock.
//!
//! They are computed from the time whenever they are read and never counted, so a tab that slept
//! in the background is right again as soon as it runs.

use crate::browser;
use crate::live::use_live;
use dioxus::core::Task;
use dioxus::prelude::*;
use jiff::{SignedDuration, Timestamp};

/// Whole seconds left until a moment, 0 once it has come. `None` without a moment, and until the
/// page is live: what the server renders is older than what it says.
pub fn use_seconds_left(until: Option<Timestamp>) -> Option<i64> {
    use_seconds(until, seconds_left, Some(0))
}

/// Whole seconds since a moment. `None` until the page is live.
pub fn use_seconds_since(since: Timestamp) -> Option<i64> {
    use_seconds(Some(since), |since, now| now.duration_since(since).as_secs().max(0), None)
}

/// Rounded up, so that it is 0 only when the time is over.
fn seconds_left(until: Timestamp, now: Timestamp) -> i64 {
    let left = until.duration_since(now);
    (left.as_secs() + i64::from(left.subsec_nanos() > 0)).max(0)
}

/// Reads `seconds` of a moment and the server's time every second, until it is `last`.
fn use_seconds(
    moment: Option<Timestamp>,
    seconds: fn(Timestamp, Timestamp) -> i64,
    last: Option<i64>,
) -> Option<i64> {
    let live = use_live();
    let mut shown = use_signal(|| None);
    let mut running = use_signal(|| None::<Task>);
    use_effect(use_reactive!(|moment| {
        let ahead = live.clock_ahead();
        if let Some(task) = running.take() {
            task.cancel();
        }
        let Some(moment) = moment else {
            shown.set(None);
            return;
        };
        running.set(Some(spawn(async move {
            loop {
                let now = Timestamp::now() - ahead;
                let value = Some(seconds(moment, now));
                if *shown.peek() != value {
                    shown.set(value);
                }
                if value == last {
                    break;
                }
                sleep_until_change(moment, now).await;
            }
        })));
    }));
    shown()
}

/// How long the seconds between two moments stay what they are.
fn until_change(moment: Timestamp, now: Timestamp) -> SignedDuration {
    let part = moment.duration_since(now).subsec_millis();
    SignedDuration::from_millis(i64::from(part).rem_euclid(1000).max(1))
}

async fn sleep_until_change(moment: Timestamp, now: Timestamp) {
    browser::sleep(until_change(moment, now).unsigned_abs()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap()
    }

    #[test]
    fn nothing_is_left_only_when_the_time_is_over() {
        assert_eq!(seconds_left(at(180_000), at(0)), 180);
        assert_eq!(seconds_left(at(180_000), at(179_999)), 1);
        assert_eq!(seconds_left(at(180_000), at(180_000)), 0);
        assert_eq!(seconds_left(at(180_000), at(200_000)), 0);
    }

    #[test]
    fn it_wakes_when_the_seconds_change() {
        assert_eq!(until_change(at(180_000), at(250)).as_millis(), 750);
        assert_eq!(until_change(at(0), at(250)).as_millis(), 750);
        assert_eq!(until_change(at(0), at(0)).as_millis(), 1);
    }
}
