//! The indicator of the live connection.

use crate::announcer::use_announcer;
use crate::browser;
use crate::live::{StreamState, use_live};
use dioxus::prelude::*;

/// Shows whether the page receives live updates.
#[component]
pub fn LiveDot() -> Element {
    let state = use_live().stream_state();
    use_outage_announcements(state);
    let (tone, word) = match state {
        StreamState::Connecting => ("quiet", "Connecting"),
        StreamState::Live => ("good", "Live"),
        StreamState::Reconnecting if browser::is_offline() => ("bad", "Offline"),
        StreamState::Reconnecting => ("warn", "Reconnecting"),
        StreamState::SignedOut => ("bad", "Signed out"),
    };
    rsx! {
        span { class: "live-dot live-{tone}",
            span { class: "dot", "aria-hidden": "true" }
            "{word}"
        }
    }
}

/// Announces the loss of the connection and its return, but not that a page that was opened is connected. That the
/// session has ended is an alert of the shell.
fn use_outage_announcements(state: StreamState) {
    let announcer = use_announcer();
    let mut is_lost = use_signal(|| false);
    use_effect(use_reactive!(|state| {
        let was_lost = *is_lost.peek();
        match state {
            StreamState::Reconnecting if !was_lost => {
                is_lost.set(true);
                announcer.say("Connection lost. This page is not updated.".to_owned());
            }
            StreamState::Live if was_lost => {
                is_lost.set(false);
                announcer.say("Connected again. This page is updated.".to_owned());
            }
            _ => {}
        }
    }));
}
