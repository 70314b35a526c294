//! The gallery's badges and chips.

use super::example::{Example, Viewer};
use super::samples::{completed, results, use_now};
use crate::components::{LiveDot, ResultsChip, StatusBadge};
use crate::live::StreamState;
use dioxus::prelude::*;
use gas_shared::job::StateView;
use gas_shared::{JobStatus, Plan};

/// Badges and chips in every state.
#[component]
pub fn Badges() -> Element {
    rsx! {
        Example { name: "StatusBadge",
            for status in JobStatus::ALL {
                StatusBadge { key: "{status}", status }
            }
            StatusBadge { status: JobStatus::Completed, warned: true }
        }
        for (name, plan) in [("ResultsChip on Free", Plan::Free), ("ResultsChip on Premium", Plan::Premium)] {
            Example { key: "{name}", name, Viewer { plan, Chips {} } }
        }
        Example { name: "LiveDot",
            for link in [StreamState::Connecting, StreamState::Live, StreamState::Reconnecting, StreamState::SignedOut] {
                Viewer { key: "{link:?}", plan: Plan::Free, link, LiveDot {} }
            }
        }
        Example { name: "Plan and filters",
            span { class: "plan", "Free" }
            a { class: "chip chip-chosen", href: "#badges",
                "All "
                span { class: "muted", "12" }
            }
            a { class: "chip", href: "#badges",
                "Failed "
                span { class: "muted", "0" }
            }
        }
    }
}

#[component]
fn Chips() -> Element {
    let now = use_now();
    rsx! {
        ResultsChip { state: StateView::Pending }
        for (name, results) in results(now) {
            ResultsChip { key: "{name}", state: completed(now, results) }
        }
    }
}
