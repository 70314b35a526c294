//! Choosing files by a button or by drag and drop.

use super::{Icon, IconName};
use crate::browser::{self, ChosenFile};
use dioxus::prelude::*;

/// Accepts files from a button or dropped anywhere on the page.
#[component]
pub fn FileDrop(
    /// The id of the file input.
    id: &'static str,
    /// The value of the input's `accept` attribute.
    accept: &'static str,
    /// The label of the button.
    label: &'static str,
    /// The text of the overlay while files are dragged over the page.
    invitation: String,
    /// The text below the button.
    hint: String,
    /// Called with the files.
    onfiles: EventHandler<Vec<ChosenFile>>,
    /// Other ways to add a file.
    children: Element,
) -> Element {
    let over = use_signal(|| false);
    browser::use_drop_target(over, onfiles);
    rsx! {
        div { class: "picker",
            Icon { name: IconName::Upload }
            label { class: "button button-main", r#for: id, "{label}" }
            input {
                id,
                class: "visually-hidden",
                r#type: "file",
                multiple: true,
                accept,
                "aria-describedby": "{id}-hint",
                onchange: move |_| onfiles.call(browser::take_chosen(id)),
            }
            p { id: "{id}-hint", class: "muted", "{hint}" }
            {children}
        }
        if over() {
            div { class: "drop-overlay",
                div { class: "drop-overlay-frame",
                    Icon { name: IconName::Upload }
                    p { "{invitation}" }
                }
            }
        }
    }
}
