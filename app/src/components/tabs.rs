//! Tabs that link to the parts of a page.

use crate::app::Route;
use dioxus::prelude::*;

/// The parts of a page as links, not as a tab widget, so that each has its own URL and can be
/// shared or opened in a new window.
#[component]
pub fn Tabs(
    /// The accessible name, as in "Parts of this annotation".
    label: &'static str,
    /// The name and route of each tab.
    tabs: Vec<(&'static str, Route)>,
    /// The index of the open tab.
    here: usize,
) -> Element {
    // Subscribes to the URL.
    _ = use_route::<Route>();
    let current = router().full_route_string();
    rsx! {
        nav { class: "tabs", "aria-label": label,
            ul {
                for (index, (name, to)) in tabs.into_iter().enumerate() {
                    // The router marks only a link to the exact current URL, including its query, which
                    // a route may write in another form.
                    li { key: "{name}",
                        Link {
                            to: if index == here { NavigationTarget::Internal(current.clone()) } else { to.into() },
                            "{name}"
                        }
                    }
                }
            }
        }
    }
}
