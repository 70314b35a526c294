//! The gallery's menus and tabs.

use super::example::Example;
use crate::app::Route;
use crate::components::{Icon, IconName, Menu, MenuButton, MenuItem, Tabs};
use crate::toasts::use_toasts;
use dioxus::prelude::*;

/// Menus at both edges of the page, and tabs.
#[component]
pub fn Menus() -> Element {
    let tabs = vec![
        ("Overview", Route::Gallery {}),
        ("Results", Route::Home {}),
        ("A longer name", Route::Home {}),
        ("Log", Route::Home {}),
    ];
    rsx! {
        Example { name: "Menu",
            div { class: "gallery-edges",
                Choices { id: "menu-start" }
                Choices { id: "menu-end" }
            }
        }
        Example { name: "Tabs", Tabs { label: "Parts of something", tabs, here: 0 } }
    }
}

#[component]
fn Choices(id: &'static str) -> Element {
    let toasts = use_toasts();
    rsx! {
        div {
            MenuButton { menu: id, label: "Actions", onopen: |()| {} }
            Menu { id, label: "Actions",
                MenuItem { menu: id, onchoose: move |()| toasts.success("Chosen".to_owned()),
                    Icon { name: IconName::Download }
                    "Download results"
                }
                MenuItem { menu: id, danger: true, onchoose: move |()| toasts.error("Chosen".to_owned()),
                    Icon { name: IconName::Delete }
                    "Delete"
                }
            }
        }
    }
}
