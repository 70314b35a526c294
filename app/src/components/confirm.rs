use super::{ErrorList, Modal};
use dioxus::prelude::*;

/// A question before something that cannot be taken back: what is lost, the way back first, and what
/// did not work after it was tried.
#[component]
pub fn Confirm(
    /// The element's id.
    id: &'static str,
    /// The question.
    title: String,
    /// What the button that does it says.
    action: String,
    /// Whether it is open.
    open: Signal<bool>,
    /// A word that must be typed first, where something is lost that is nowhere else.
    #[props(default)]
    word: Option<&'static str>,
    /// Whether it is being done.
    busy: bool,
    /// What could not be done, and why.
    #[props(default)]
    failures: Vec<String>,
    /// Does it.
    onconfirm: EventHandler<()>,
    /// What is lost.
    children: Element,
) -> Element {
    rsx! {
        Modal { id, title, open,
            {children}
            Question { id, action, open, word, busy, onconfirm }
            ErrorList { failures }
        }
    }
}

/// The word and the two ways out. A component of its own, so that what was typed is forgotten when
/// the dialog is closed.
#[component]
fn Question(
    id: &'static str,
    action: String,
    open: Signal<bool>,
    word: Option<&'static str>,
    busy: bool,
    onconfirm: EventHandler<()>,
) -> Element {
    let mut typed = use_signal(String::new);
    let is_meant = word.is_none_or(|word| typed.read().trim().eq_ignore_ascii_case(word));
    rsx! {
        form {
            onsubmit: move |event| {
                event.prevent_default();
                if is_meant && !busy {
                    onconfirm.call(());
                }
            },
            if let Some(word) = word {
                div { class: "field",
                    label { r#for: "{id}-word", "Type “{word}” to go on" }
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
                    disabled: busy || !is_meant,
                    "{action}"
                }
            }
        }
    }
}
