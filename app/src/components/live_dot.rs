//! The indicator of the live connection.

use crate::browser;
use crate::live::{StreamState, use_live};
use dioxus::prelude::*;

/// Shows whether the page receives live updates.
#[component]
pub fn LiveDot() -> Element {
    let (tone, word) = match use_live().stream_state() {
        StreamState::Connecting => ("quiet", "Connecting"),
        StreamState::Live => ("good", "Live"),
        StreamState::Reconnecting if browser::is_offline() => ("bad", "Offline"),
        StreamState::Reconnecting => ("warn", "Reconnecting"),
        StreamState::SignedOut => ("bad", "Signed out"),
    };
    rsx! {
        span { class: "live-dot live-{tone}", role: "status",
            span { class: "dot", "aria-hidden": "true" }
            "{word}"
        }
    }
}
