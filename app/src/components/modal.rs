//! A modal dialog.

use dioxus::prelude::*;

/// A modal dialog. It is a native `<dialog>`, so the browser keeps the focus inside, closes it on
/// Esc and restores the focus.
#[component]
pub fn Modal(
    /// The element's id.
    id: &'static str,
    /// The heading.
    title: String,
    /// Whether the dialog is open. The dialog clears this when the user closes it.
    open: Signal<bool>,
    /// Called with the keys that are pressed in the dialog.
    #[props(default)]
    onkeydown: EventHandler<KeyboardEvent>,
    children: Element,
) -> Element {
    use_effect(move || {
        crate::browser::show_modal(id, open(), open);
    });
    rsx! {
        dialog {
            id,
            class: "modal",
            "aria-labelledby": "{id}-title",
            onkeydown: move |event| onkeydown.call(event),
            if open() {
                h2 { id: "{id}-title", "{title}" }
                {children}
                // Last in the tab order, so that the focus starts in the content.
                button {
                    class: "icon-button modal-close",
                    r#type: "button",
                    "aria-label": "Close",
                    onclick: move |_| open.set(false),
                    super::Icon { name: super::IconName::Cross }
                }
            }
        }
    }
}
