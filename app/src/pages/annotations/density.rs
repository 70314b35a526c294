use crate::browser;
use dioxus::prelude::*;

/// Where the browser keeps that rows are compact.
const PREFERENCE: &str = "compact-rows";

/// Whether this reader wants a row to be one line, as the browser remembers it.
pub fn use_compact() -> Signal<bool> {
    let mut compact = use_signal(|| false);
    // The server does not know it, so the first render in the browser must not either.
    use_effect(move || compact.set(browser::read_preference(PREFERENCE).is_some()));
    compact
}

/// Where the reader chooses.
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
