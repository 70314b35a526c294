//! A value of a category column as icon, color and word.

use super::IconName;
use super::icon::icon;
use dioxus::prelude::*;
use gas_shared::explorer::{IMPACT, Tone};

/// A value as icon, color and word. A function and not a component, because tables have hundreds of these.
pub fn value_badge(label: &'static str, tone: Tone) -> Element {
    let (name, tone) = icon_and_class(tone);
    rsx! {
        span { class: "badge badge-{tone}",
            {icon(name)}
            {label}
        }
    }
}

/// The icon of a value, and the end of the class that colors it.
const fn icon_and_class(tone: Tone) -> (IconName, &'static str) {
    match tone {
        Tone::Bad => (IconName::Warning, "bad"),
        Tone::Warn => (IconName::Rising, "warn"),
        Tone::Good => (IconName::Done, "good"),
        Tone::Quiet => (IconName::Stopped, "quiet"),
    }
}

/// A value as icon and color, for where there is no room for the word. Screen readers skip it: the word must be elsewhere.
pub fn value_mark(label: &'static str, tone: Tone) -> Element {
    let (name, tone) = icon_and_class(tone);
    rsx! {
        span { class: "tone-{tone}", "aria-hidden": "true", title: label,
            {icon(name)}
        }
    }
}

/// An impact, by its name in [`IMPACT`].
#[component]
pub fn ImpactBadge(name: &'static str) -> Element {
    match IMPACT.value(name).and_then(|value| Some((value.label, value.tone?))) {
        Some((label, tone)) => value_badge(label, tone),
        None => rsx! {},
    }
}
