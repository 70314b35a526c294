//! The indicator of the live connection.

use crate::browser;
use crate::live::{Link, use_live};
use dioxus::prelude::*;

/// Shows whether the page receives live updates.
#[component]
pub fn LiveDot() -> Element {
    let (tone, word) = match use_live().link() {
        Link::Connecting => ("quiet", "Connecting"),
        Link::Live => ("good", "Live"),
        Link::Reconnecting if browser::is_offline() => ("bad", "Offline"),
        Link::Reconnecting => ("warn", "Reconnecting"),
        Link::SignedOut => ("bad", "Signed out"),
    };
    rsx! {
        span { class: "live-dot live-{tone}", role: "status",
            span { class: "dot", "aria-hidden": "true" }
            "{word}"
        }
    }
}
