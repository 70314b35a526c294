//! The gallery's dialogs and toasts.

use super::example::Example;
use crate::components::{Confirm, Modal};
use crate::toasts::use_toasts;
use dioxus::prelude::*;

/// Buttons that open dialogs and toasts.
#[component]
pub fn Dialogs() -> Element {
    let failures = || vec!["exome.vcf.gz is being archived; try again later.".to_owned()];
    rsx! {
        Example { name: "Modal", Dialog {} }
        Example { name: "Confirm",
            Question { id: "confirm-plain", name: "Plain" }
            Question { id: "confirm-typed", name: "With a word", word: "delete" }
            Question { id: "confirm-busy", name: "Busy", busy: true }
            Question { id: "confirm-failed", name: "Failed", failures: failures() }
        }
        Example { name: "Toast", Toasters {} }
    }
}

#[component]
fn Dialog() -> Element {
    let mut open = use_signal(|| false);
    rsx! {
        button { class: "button", r#type: "button", onclick: move |_| open.set(true), "Open" }
        Modal { id: "modal", title: "A dialog", open,
            p { "Press Esc to close the dialog. The focus returns to the button." }
        }
    }
}

#[component]
fn Question(
    id: &'static str,
    name: &'static str,
    #[props(default)] word: Option<&'static str>,
    #[props(default)] busy: bool,
    #[props(default)] failures: Vec<String>,
) -> Element {
    let mut open = use_signal(|| false);
    rsx! {
        button { class: "button", r#type: "button", onclick: move |_| open.set(true), "{name}" }
        Confirm {
            id,
            title: "Delete the annotation of exome.vcf.gz?",
            action: "Delete",
            open,
            word,
            busy,
            failures,
            onconfirm: move |()| open.set(false),
            p { "Its file, log and results are deleted. This can't be undone." }
        }
    }
}

#[component]
fn Toasters() -> Element {
    let toasts = use_toasts();
    rsx! {
        button {
            class: "button",
            r#type: "button",
            onclick: move |_| toasts.success("exome.vcf.gz deleted".to_owned()),
            "Success"
        }
        button {
            class: "button",
            r#type: "button",
            onclick: move |_| toasts.error("GAS cannot be reached; check your connection and try again.".to_owned()),
            "Error"
        }
    }
}
