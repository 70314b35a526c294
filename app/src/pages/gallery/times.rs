//! The gallery's times and countdowns.

use super::example::Example;
use super::samples::{use_moment, use_now};
use crate::components::{Countdown, LocalTime, QueueNote, RelativeTime};
use dioxus::prelude::*;
use gas_shared::job::QueuePosition;

/// Seconds left of three minutes, one value for each color, and zero.
const LEFT: [i64; 5] = [180, 95, 45, 9, 0];

/// Seconds ago, one value for each unit.
const PAST: [i64; 6] = [5, 300, 7200, 100_000, 400_000, 9_000_000];

/// Countdowns, times and queue positions.
#[component]
pub fn Times() -> Element {
    let now = use_now();
    let queued = |position, wait_secs| Some(QueuePosition { position, wait_secs });
    let positions = [queued(1, Some(20)), queued(3, Some(115)), queued(12, None), None];
    rsx! {
        Example { name: "Countdown",
            for left in LEFT {
                Countdown { key: "{left}", left, total: 180, purpose: "to download" }
            }
            Countdown { left: 6 * 86_400, total: 7 * 86_400, purpose: "to download" }
        }
        Example { name: "LocalTime", LocalTime { at: use_moment(-3600) } }
        Example { name: "RelativeTime",
            RelativeTime { at: now, now: None }
            for seconds in PAST {
                RelativeTime { key: "{seconds}", at: super::samples::moment(now, -seconds), now }
            }
        }
        Example { name: "QueueNote",
            for (index, position) in positions.into_iter().enumerate() {
                QueueNote { key: "{index}", position }
            }
        }
    }
}
