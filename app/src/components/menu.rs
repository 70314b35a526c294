use super::{Icon, Shape};
use dioxus::prelude::*;

/// What can be done with one thing of many: a popover of the browser's own, which opens beside the
/// button, is closed by Esc or a click elsewhere, and gives the focus back.
#[component]
pub fn Menu(
    /// The element's id.
    id: &'static str,
    /// What it is about.
    label: String,
    children: Element,
) -> Element {
    rsx! {
        div { id, class: "menu", "popover": "auto", role: "group", "aria-label": "{label}", {children} }
    }
}

/// Opens the menu of an id.
#[component]
pub fn MenuButton(
    /// The menu's id.
    menu: &'static str,
    /// What the button says to those who do not see it.
    label: String,
    /// Is called before the menu opens, to say what it is about.
    onopen: EventHandler<()>,
) -> Element {
    rsx! {
        button {
            class: "icon-button",
            r#type: "button",
            "popovertarget": menu,
            "aria-label": "{label}",
            onclick: move |_| onopen.call(()),
            Icon { shape: Shape::More }
        }
    }
}

/// One of a menu's choices; it closes the menu.
#[component]
pub fn MenuItem(
    /// The menu's id.
    menu: &'static str,
    /// Whether something is lost by it.
    #[props(default)]
    danger: bool,
    /// Does it.
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
