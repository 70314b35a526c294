//! The row height of the job list.

use crate::browser;
use dioxus::prelude::*;

/// The preference that stores whether rows are compact.
const PREFERENCE: &str = "compact-rows";

/// Whether rows are compact (one line each), as stored in the browser.
pub fn use_compact() -> Signal<bool> {
    let mut compact = use_signal(|| false);
    // Read in an effect: the server does not know the preference, and the browser's first render
    // must match the server's.
    use_effect(move || compact.set(browser::read_preference(PREFERENCE).is_some()));
    compact
}

/// The button that switches between normal and compact rows.
#[component]
pub fn Density(compact: Signal<bool>) -> Element {
    rsx! {
        button {
            class: "button density",
            r#type: "button",
            "aria-pressed": compact(),
            onclick: move |_| {
                compact.toggle();
                browser::write_preference(PREFERENCE, compact.peek().then_some("yes"));
            },
            "Compact"
        }
    }
}
