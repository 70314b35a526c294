//! A value of a category column as icon, color and word.

use super::{Icon, IconName};
use dioxus::prelude::*;
use gas_shared::explorer::{IMPACT, Tone};

/// A value as icon, color and word.
#[component]
pub fn ValueBadge(label: &'static str, tone: Tone) -> Element {
    let (icon, tone) = match tone {
        Tone::Bad => (IconName::Warning, "bad"),
        Tone::Warn => (IconName::Rising, "warn"),
        Tone::Good => (IconName::Done, "good"),
        Tone::Quiet => (IconName::Stopped, "quiet"),
    };
    rsx! {
        span { class: "badge badge-{tone}",
            Icon { name: icon }
            {label}
        }
    }
}

/// An impact, by its name in [`IMPACT`].
#[component]
pub fn ImpactBadge(name: &'static str) -> Element {
    match IMPACT.value(name).and_then(|value| Some((value.label, value.tone?))) {
        Some((label, tone)) => rsx! {
            ValueBadge { label, tone }
        },
        None => rsx! {},
    }
}
