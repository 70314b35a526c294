use crate::format;
use dioxus::prelude::*;

/// The time left until a deadline: a ring that empties, and the time in digits.
///
/// Assistive technology is told at 60, 30, 10 and 0 seconds only. Where motion is unwanted, the
/// style sheet leaves the digits alone.
#[component]
pub fn Countdown(
    /// Seconds left.
    left: i64,
    /// Seconds from the beginning to the deadline.
    total: i64,
    /// What there is time for, as in "3 minutes left to download".
    purpose: String,
) -> Element {
    let words = announcement(left).map(|time| format!("{time} {purpose}"));
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
            span { class: "visually-hidden", "aria-live": "polite", {words} }
        }
    }
}

/// How pressing it is: the name of a colour.
pub fn urgency(left: i64) -> &'static str {
    match left {
        ..=15 => "last",
        16..=60 => "soon",
        _ => "calm",
    }
}

/// Worded so that it holds for the whole range: a page may be opened midway.
fn announcement(left: i64) -> Option<&'static str> {
    match left {
        ..=0 => Some("No time left"),
        1..=10 => Some("At most 10 seconds left"),
        11..=30 => Some("At most 30 seconds left"),
        31..=60 => Some("At most 1 minute left"),
        _ => None,
    }
}

/// How much of the ring is empty.
fn elapsed_percent(left: i64, total: i64) -> i64 {
    100 - (left.max(0) * 100 / total.max(1)).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_at_60_and_15_seconds() {
        assert_eq!([61, 60, 16, 15, 0].map(urgency), ["calm", "soon", "soon", "last", "last"]);
    }

    #[test]
    fn only_four_moments_are_announced() {
        let mut said: Vec<_> = (0..=180).rev().map(announcement).collect();
        said.dedup();
        assert_eq!(said.len(), 5, "silence, then four announcements: {said:?}");
        let moments = [61, 60, 30, 10, 0].map(announcement);
        assert_eq!(said, moments);
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
