//! A bar that shows a share of a whole.

use dioxus::prelude::*;

/// A bar with a text that shows a share of a whole.
#[component]
pub fn Meter(
    /// The accessible name of the bar.
    label: String,
    /// The amount to show.
    value: u64,
    /// The whole.
    max: u64,
    /// The text next to the bar.
    text: String,
    /// Whether the amount is over a limit.
    #[props(default)]
    is_over: bool,
) -> Element {
    rsx! {
        span { class: if is_over { "meter meter-over" } else { "meter" },
            progress { max: "{max}", value: "{value.min(max)}", "aria-label": "{label}" }
            span { class: "muted", "{text}" }
        }
    }
}
