//! A panel of the explorer that a button opens.

use crate::components::{Icon, IconName};
use dioxus::prelude::*;

/// A button, and the panel that it opens. The panel is a native popover, so the browser keeps it within the
/// window, closes it on Esc or a click elsewhere, and restores the focus.
#[component]
pub fn Popover(
    /// The panel's id.
    id: &'static str,
    /// The text of the button, which also names the panel.
    label: &'static str,
    /// The icon of the button.
    #[props(default)]
    icon: Option<IconName>,
    children: Element,
) -> Element {
    rsx! {
        button { class: "button", r#type: "button", "popovertarget": id,
            if let Some(name) = icon {
                Icon { name }
            }
            {label}
        }
        div { id, class: "popover-panel", "popover": "auto", role: "group", "aria-label": label, {children} }
    }
}
