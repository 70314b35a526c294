use crate::app::Route;
use dioxus::prelude::*;

/// The parts of a page, each with an address of its own: links, and no widget of tabs, so that they
/// can be shared, opened beside each other and gone back to.
#[component]
pub fn Tabs(
    /// What the parts are of, as in "Parts of this annotation".
    label: &'static str,
    /// Name and address of each.
    tabs: Vec<(&'static str, Route)>,
    /// The place of the one that is shown.
    here: usize,
) -> Element {
    let now = use_route::<Route>();
    rsx! {
        nav { class: "tabs", "aria-label": label,
            ul {
                for (place, (name, to)) in tabs.into_iter().enumerate() {
                    // The link to the whole present address, with its query, is marked by the router.
                    li { key: "{name}",
                        Link { to: if place == here { now.clone() } else { to }, "{name}" }
                    }
                }
            }
        }
    }
}
