//! The placeholder of a page that is loading.

use dioxus::prelude::*;

/// The outline of a page that is loading. The style sheet shows it after a delay, so that fast
/// responses do not flicker.
#[component]
pub fn Skeleton() -> Element {
    rsx! {
        div { class: "skeleton", "aria-busy": "true",
            p { class: "visually-hidden", "Loading" }
            div { class: "skeleton-title" }
            for _ in 0..5 {
                div { class: "skeleton-line" }
            }
        }
    }
}
