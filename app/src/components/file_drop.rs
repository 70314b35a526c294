//! Choosing files by a button. Files can also be dropped, see [`DropAnywhere`](super::DropAnywhere).

use super::{Icon, IconName};
use crate::browser::{self, ChosenFile};
use dioxus::prelude::*;

/// Accepts files from a button.
#[component]
pub fn FileDrop(
    /// The id of the file input.
    id: &'static str,
    /// The value of the input's `accept` attribute.
    accept: &'static str,
    /// The label of the button.
    label: &'static str,
    /// The text below the button.
    hint: String,
    /// Called with the files.
    onfiles: EventHandler<Vec<ChosenFile>>,
    /// Other ways to add a file.
    children: Element,
) -> Element {
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
    }
}
