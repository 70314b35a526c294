//! The gallery's icons.

use crate::components::{Icon, Shape};
use dioxus::prelude::*;

/// Every shape with its name.
#[component]
pub fn Icons() -> Element {
    rsx! {
        ul { class: "gallery-icons",
            for shape in Shape::ALL.iter().copied() {
                li { key: "{shape:?}",
                    Icon { shape }
                    span { "{shape:?}" }
                }
            }
        }
    }
}
