//! The countdown to a deadline.

use crate::announcer::use_announcer;
use crate::format;
use dioxus::prelude::*;

/// The time left until a deadline: a ring that empties and the time in digits. With reduced motion, the style sheet
/// hides the ring. [`use_time_announcements`] announces the time.
#[component]
pub fn Countdown(
    /// Seconds left.
    left: i64,
    /// Seconds from the start to the deadline.
    total: i64,
    /// What the time is for, as in "3 minutes left to download".
    purpose: String,
) -> Element {
    rsx! {
        span { class: "countdown countdown-{urgency(left)}",
            svg { class: "ring", view_box: "0 0 36 36", width: "44", height: "44", fill: "none", "aria-hidden": "true",
                circle { class: "ring-track", cx: "18", cy: "18", r: "15" }
                circle {
                    class: "ring-left",
                    cx: "18",
                    cy: "18",
                    r: "15",
                    path_length: "100",
                    stroke_dasharray: "100",
                    stroke_dashoffset: "{elapsed_percent(left, total)}",
                    transform: "rotate(-90 18 18)",
                }
            }
            span { class: "digits", role: "timer", "aria-label": "Time left {purpose}", {format::countdown(left)} }
            span { class: "muted", "left {purpose}" }
        }
    }
}

/// The urgency of a deadline, as a suffix of a CSS class that sets the color.
pub fn urgency(left: i64) -> &'static str {
    match left {
        ..=15 => "last",
        16..=60 => "soon",
        _ => "calm",
    }
}

/// Announces the time left when the page is opened, and then at 60, 30, 10 and 0 seconds.
pub fn use_time_announcements(
    // Seconds left; `None` without a deadline.
    left: Option<i64>,
    // What the time is for, as in "3 minutes left to download".
    purpose: &'static str,
) {
    let announcer = use_announcer();
    let mut last = use_signal(|| None::<TimeLeft>);
    use_effect(use_reactive!(|left| {
        let reached = left.map(TimeLeft::of);
        if *last.peek() == reached {
            return;
        }
        last.set(reached);
        if let (Some(reached), Some(left)) = (reached, left) {
            announcer.say(format!("{} left {purpose}", reached.text(left)));
        }
    }));
}

/// The range of seconds until a deadline. The announcement holds for the whole range, since a page may be opened
/// within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeLeft {
    None,
    TenSeconds,
    HalfMinute,
    Minute,
    Longer,
}

impl TimeLeft {
    const fn of(left: i64) -> Self {
        match left {
            ..=0 => Self::None,
            1..=10 => Self::TenSeconds,
            11..=30 => Self::HalfMinute,
            31..=60 => Self::Minute,
            _ => Self::Longer,
        }
    }

    /// The announcement when `left` seconds are left, without what they are for.
    fn text(self, left: i64) -> String {
        match self {
            Self::None => "No time".to_owned(),
            Self::TenSeconds => "At most 10 seconds".to_owned(),
            Self::HalfMinute => "At most 30 seconds".to_owned(),
            Self::Minute => "At most 1 minute".to_owned(),
            Self::Longer => {
                let minutes = (left + 30) / 60;
                match minutes / 60 {
                    0 => format!("About {}", format::counted(minutes.unsigned_abs(), "minute")),
                    hours => format!("About {}", format::counted(hours.unsigned_abs(), "hour")),
                }
            }
        }
    }
}

/// The empty part of the ring in percent.
fn elapsed_percent(left: i64, total: i64) -> i64 {
    100 - (left.max(0) * 100 / total.max(1)).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_color_changes_at_60_and_15_seconds() {
        assert_eq!([61, 60, 16, 15, 0].map(urgency), ["calm", "soon", "soon", "last", "last"]);
    }

    #[test]
    fn the_time_left_is_announced_five_times() {
        let mut reached: Vec<_> = (0..=180).rev().map(TimeLeft::of).collect();
        reached.dedup();
        assert_eq!(reached, [180, 60, 30, 10, 0].map(TimeLeft::of));
        let texts = [7200, 180, 61, 60, 30, 10, 0].map(|left| TimeLeft::of(left).text(left));
        let expected = [
            "About 2 hours",
            "About 3 minutes",
            "About 1 minute",
            "At most 1 minute",
            "At most 30 seconds",
            "At most 10 seconds",
            "No time",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn the_ring_empties_and_never_overflows() {
        assert_eq!(
            [180, 90, 0, -5, 400].map(|left| elapsed_percent(left, 180)),
            [0, 50, 100, 100, 0]
        );
        assert_eq!(elapsed_percent(5, 0), 0);
    }
}
