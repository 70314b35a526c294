//! The dialog that asks for confirmation before an irreversible action.

use super::{ErrorList, Modal};
use dioxus::prelude::*;

/// A dialog that confirms an irreversible action. It shows what will be lost, and the errors if the
/// action fails. "Go back" comes first in the tab order.
#[component]
pub fn Confirm(
    /// The element's id.
    id: &'static str,
    /// The question, shown as the heading.
    title: String,
    /// The label of the confirming button.
    action: String,
    /// Whether the dialog is open.
    open: Signal<bool>,
    /// A word that the user must type first, for actions that lose data for good.
    #[props(default)]
    word: Option<&'static str>,
    /// Whether the action is in progress.
    busy: bool,
    /// The errors of the last attempt.
    #[props(default)]
    failures: Vec<String>,
    /// Called when the user confirms.
    onconfirm: EventHandler<()>,
    /// What will be lost.
    children: Element,
) -> Element {
    rsx! {
        Modal { id, title, open,
            {children}
            ConfirmForm { id, action, open, word, busy, onconfirm }
            ErrorList { failures }
        }
    }
}

/// The input for the word and the two buttons. A separate component, so that closing the dialog
/// clears the input.
#[component]
fn ConfirmForm(
    id: &'static str,
    action: String,
    open: Signal<bool>,
    word: Option<&'static str>,
    busy: bool,
    onconfirm: EventHandler<()>,
) -> Element {
    let mut typed = use_signal(String::new);
    let is_confirmed = word.is_none_or(|word| typed.read().trim().eq_ignore_ascii_case(word));
    rsx! {
        form {
            onsubmit: move |event| {
                event.prevent_default();
                if is_confirmed && !busy {
                    onconfirm.call(());
                }
            },
            if let Some(word) = word {
                div { class: "field",
                    label { r#for: "{id}-word", "Type “{word}” to confirm" }
                    input {
                        id: "{id}-word",
                        r#type: "text",
                        autocomplete: "off",
                        autocapitalize: "none",
                        value: "{typed}",
                        oninput: move |event| typed.set(event.value()),
                    }
                }
            }
            div { class: "actions",
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| open.set(false),
                    "Go back"
                }
                button {
                    class: "button button-danger",
                    r#type: "submit",
                    disabled: busy || !is_confirmed,
                    "{action}"
                }
            }
        }
    }
}
