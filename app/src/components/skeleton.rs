use dioxus::prelude::*;

/// The outline of a page that is being fetched. It shows after a moment only (by style sheet), so
/// that quick answers do not flicker.
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
