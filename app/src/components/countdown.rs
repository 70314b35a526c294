//! The countdown to a deadline.

use crate::format;
use dioxus::prelude::*;

/// The time left until a deadline: a ring that empties and the time in digits.
///
/// Screen readers announce only 60, 30, 10 and 0 seconds. With reduced motion, the style sheet
/// hides the ring.
#[component]
pub fn Countdown(
    /// Seconds left.
    left: i64,
    /// Seconds from the start to the deadline.
    total: i64,
    /// What the time is for, as in "3 minutes left to download".
    purpose: String,
) -> Element {
    let announced = announcement(left).map(|time| format!("{time} {purpose}"));
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
            span { class: "visually-hidden", "aria-live": "polite", {announced} }
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

/// The text to announce. It holds for the whole range, since a page may be opened within it.
fn announcement(left: i64) -> Option<&'static str> {
    match left {
        ..=0 => Some("No time left"),
        1..=10 => Some("At most 10 seconds left"),
        11..=30 => Some("At most 30 seconds left"),
        31..=60 => Some("At most 1 minute left"),
        _ => None,
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
    fn the_time_left_is_announced_only_four_times() {
        let mut announced: Vec<_> = (0..=180).rev().map(announcement).collect();
        announced.dedup();
        assert_eq!(announced.len(), 5, "silence, then four announcements: {announced:?}");
        let expected = [61, 60, 30, 10, 0].map(announcement);
        assert_eq!(announced, expected);
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
