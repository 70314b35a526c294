//! The storage state of a job's results, for the job list.

use super::{Icon, IconName, urgency};
use crate::account::use_account;
use crate::clock::use_seconds_left;
use crate::format;
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::job::{ResultsView, StateView};
use jiff::Timestamp;

/// The storage state of a job's results in one word, or the time left to download them.
#[component]
pub fn ResultsChip(state: StateView) -> Element {
    let StateView::Completed { results, .. } = state else {
        return rsx! {
            span { class: "muted", "–" }
        };
    };
    let is_free = use_account().is_none_or(|account| account.plan == Plan::Free);
    match results {
        ResultsView::Stored { until: Some(until), .. } if is_free => rsx! { TimeLeft { until } },
        ResultsView::Stored { .. } => chip("good", IconName::Download, "Available"),
        ResultsView::Archived { .. } => chip("quiet", IconName::Archive, "Archived"),
        ResultsView::Restoring { .. } => chip("active", IconName::Running, "Restoring"),
    }
}

fn chip(tone: &str, icon: IconName, word: &str) -> Element {
    rsx! {
        span { class: "badge badge-{tone}", "data-results": "{word}",
            Icon { name: icon }
            "{word}"
        }
    }
}

/// The chip of results with a deadline. It has no live region, since a list has many chips; the
/// job's page announces the time left.
#[component]
fn TimeLeft(until: Timestamp) -> Element {
    match use_seconds_left(Some(until)) {
        None => chip("good", IconName::Download, "Available"),
        Some(0) => chip("quiet", IconName::Stopped, "Expired"),
        Some(left) => rsx! {
            span { class: "badge countdown-{urgency(left)}", "data-results": "Available",
                Icon { name: IconName::Waiting }
                span { class: "digits", {format::countdown(left)} }
                span { class: "visually-hidden", " left to download" }
            }
        },
    }
}
