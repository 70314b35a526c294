use super::{Icon, Shape};
use crate::browser::{self, ChosenFile};
use dioxus::prelude::*;

/// Takes files by a button, or by dropping them anywhere on the page.
#[component]
pub fn FileDrop(
    /// The id of the file input.
    id: &'static str,
    /// What the input takes, as the attribute `accept`.
    accept: &'static str,
    /// What the button says.
    label: &'static str,
    /// What may be dropped here, while files are over the page.
    invitation: String,
    /// What is said below the button.
    hint: String,
    /// Gets the files.
    onfiles: EventHandler<Vec<ChosenFile>>,
    /// Other ways to give a file.
    children: Element,
) -> Element {
    let over = use_signal(|| false);
    browser::use_drop_target(over, onfiles);
    rsx! {
        div { class: "picker",
            Icon { shape: Shape::Upload }
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
                    Icon { shape: Shape::Upload }
                    p { "{invitation}" }
                }
            }
        }
    }
}
