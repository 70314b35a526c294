//! A menu of actions for one item of a list.

use super::{Icon, IconName};
use dioxus::prelude::*;

/// A menu of actions for one item. It is a native popover, so the browser opens it next to the
/// button, closes it on Esc or a click elsewhere, and restores the focus.
#[component]
pub fn Menu(
    /// The element's id.
    id: &'static str,
    /// The accessible name, which names the item.
    label: String,
    children: Element,
) -> Element {
    rsx! {
        div { id, class: "menu", "popover": "auto", role: "group", "aria-label": "{label}", {children} }
    }
}

/// The button that opens a menu.
#[component]
pub fn MenuButton(
    /// The menu's id.
    menu: &'static str,
    /// The accessible name of the button.
    label: String,
    /// Called before the menu opens, to select its item.
    onopen: EventHandler<()>,
) -> Element {
    rsx! {
        button {
            class: "icon-button",
            r#type: "button",
            "popovertarget": menu,
            "aria-label": "{label}",
            onclick: move |_| onopen.call(()),
            Icon { name: IconName::More }
        }
    }
}

/// An action of a menu. Choosing it closes the menu.
#[component]
pub fn MenuItem(
    /// The menu's id.
    menu: &'static str,
    /// Whether the action is destructive.
    #[props(default)]
    danger: bool,
    /// Called when the action is chosen.
    onchoose: EventHandler<()>,
    children: Element,
) -> Element {
    rsx! {
        button {
            class: if danger { "menu-item danger" } else { "menu-item" },
            r#type: "button",
            "popovertarget": menu,
            "popovertargetaction": "hide",
            onclick: move |_| onchoose.call(()),
            {children}
        }
    }
}
