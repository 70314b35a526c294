//! A saved filter or gene panel in its menu.

use crate::components::{Icon, IconName};
use dioxus::prelude::*;

/// A row with what applies the saved item, and buttons that rename and delete it.
#[component]
pub fn SavedRow(
    /// The name of the item.
    name: String,
    /// What of the item the result lacks, as a sentence.
    #[props(default)]
    note: Option<String>,
    /// Called with the new name.
    onrename: EventHandler<String>,
    ondelete: EventHandler<()>,
    /// The link or button that applies it.
    children: Element,
) -> Element {
    let mut new_name = use_signal(|| None::<String>);
    let mut finish = move || {
        if let Some(name) = new_name.take().filter(|name| !name.trim().is_empty()) {
            onrename.call(name);
        }
    };
    let editing = new_name();
    rsx! {
        li { class: "saved",
            if let Some(typed) = editing {
                input {
                    r#type: "text",
                    maxlength: "60",
                    autocomplete: "off",
                    "aria-label": "New name of {name}",
                    autofocus: true,
                    value: typed,
                    oninput: move |event| new_name.set(Some(event.value())),
                    onkeydown: move |event| {
                        if event.key() == Key::Enter {
                            event.prevent_default();
                            finish();
                        }
                    },
                }
                button { class: "button", r#type: "button", onclick: move |_| finish(), "Rename" }
            } else {
                div { class: "saved-item",
                    {children}
                    if let Some(note) = note {
                        p { class: "muted", {note} }
                    }
                }
                button {
                    class: "icon-button",
                    r#type: "button",
                    "aria-label": "Rename {name}",
                    onclick: {
                        let name = name.clone();
                        move |_| new_name.set(Some(name.clone()))
                    },
                    Icon { name: IconName::Edit }
                }
                button {
                    class: "icon-button",
                    r#type: "button",
                    "aria-label": "Delete {name}",
                    onclick: move |_| ondelete.call(()),
                    Icon { name: IconName::Cross }
                }
            }
        }
    }
}
