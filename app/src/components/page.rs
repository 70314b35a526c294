//! The frame of a page's content: its title, heading and main action.

use dioxus::prelude::*;

/// A page with its window title and its only first-level heading.
#[component]
pub fn Page(
    /// The heading.
    title: String,
    /// Elements next to the heading, such as the page's main action.
    #[props(default)]
    actions: Option<Element>,
    children: Element,
) -> Element {
    rsx! {
        WindowTitle { title: title.clone() }
        div { class: "page-head",
            // Focusable, so that screen readers continue here after navigation.
            h1 { tabindex: "-1", "{title}" }
            {actions}
        }
        {children}
    }
}

/// The title of the window.
#[component]
fn WindowTitle(title: String) -> Element {
    crate::browser::use_window_title(format!("{title} · GAS"))
}
