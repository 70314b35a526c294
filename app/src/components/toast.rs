//! The area in which toasts appear.

use super::{Icon, IconName};
use crate::browser;
use crate::toasts::{Tone, use_toasts};
use dioxus::prelude::*;
use std::time::Duration;

/// How long a message of success is shown.
const SUCCESS_SHOWN: Duration = Duration::from_secs(5);

/// The area in which toasts appear. It is rendered even when empty, so that screen readers watch
/// it.
#[component]
pub fn ToastArea() -> Element {
    let toasts = use_toasts();
    rsx! {
        div { class: "toasts", role: "status", "aria-live": "polite",
            for toast in toasts.shown() {
                ToastNote { key: "{toast.id}", id: toast.id, tone: toast.tone, text: toast.text }
            }
        }
    }
}

#[component]
fn ToastNote(id: u64, tone: Tone, text: String) -> Element {
    let toasts = use_toasts();
    use_effect(move || {
        if tone == Tone::Success {
            spawn(async move {
                browser::sleep(SUCCESS_SHOWN).await;
                toasts.dismiss(id);
            });
        }
    });
    let (icon, name, role) = match tone {
        Tone::Success => (IconName::Done, "good", None),
        Tone::Error => (IconName::Cross, "bad", Some("alert")),
    };
    rsx! {
        div { class: "toast toast-{name}", role,
            Icon { name: icon }
            span { "{text}" }
            button {
                class: "icon-button",
                r#type: "button",
                "aria-label": "Dismiss",
                onclick: move |_| toasts.dismiss(id),
                Icon { name: IconName::Cross }
            }
        }
    }
}
