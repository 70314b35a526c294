//! The gallery's icons.

use crate::components::{Icon, IconName};
use dioxus::prelude::*;

/// Every icon with its name.
#[component]
pub fn Icons() -> Element {
    rsx! {
        ul { class: "gallery-icons",
            for icon in IconName::ALL.iter().copied() {
                li { key: "{icon:?}",
                    Icon { name: icon }
                    span { "{icon:?}" }
                }
            }
        }
    }
}
