use dioxus::prelude::*;

/// A bar with its words: how much of a whole there is.
#[component]
pub fn Meter(
    /// What is measured, for who does not see the bar.
    label: String,
    /// How much.
    value: u64,
    /// Of how much.
    max: u64,
    /// The measure in words, beside the bar.
    text: String,
    /// Whether there is more than there should be.
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
