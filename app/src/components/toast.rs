//! The area in which toasts appear.

use super::{Icon, IconName};
use crate::browser;
use crate::deletions::use_deletions;
use crate::toasts::{Toast, ToastAction, Tone, use_toasts};
use dioxus::prelude::*;
use std::time::Duration;

/// How long a message of success is shown.
const SUCCESS_SHOWN: Duration = Duration::from_secs(5);

/// How long it is shown if it links to a page.
const LINK_SHOWN: Duration = Duration::from_secs(10);

/// The area in which toasts appear. The region of successes is rendered even when empty, so that screen readers watch
/// it. Errors are alerts outside of it: within, they would be announced twice.
#[component]
pub fn ToastArea() -> Element {
    let toasts = use_toasts();
    let (successes, errors): (Vec<_>, Vec<_>) =
        toasts.shown().into_iter().partition(|toast| toast.tone == Tone::Success);
    rsx! {
        div { class: "toasts",
            // Not atomic: a new toast does not repeat the others.
            div { class: "toasts-of-a-kind", role: "status", "aria-atomic": "false",
                for toast in successes {
                    ToastNote { key: "{toast.id}", toast }
                }
            }
            div { class: "toasts-of-a-kind",
                for toast in errors {
                    ToastNote { key: "{toast.id}", toast }
                }
            }
        }
    }
}

#[component]
fn ToastNote(toast: Toast) -> Element {
    let toasts = use_toasts();
    let Toast { id, tone, text, action } = toast;
    let shown_for = match (tone, &action) {
        (Tone::Error, _) | (_, Some(ToastAction::UndoDeletion(_))) => None,
        (Tone::Success, None) => Some(SUCCESS_SHOWN),
        (Tone::Success, Some(ToastAction::Open(_))) => Some(LINK_SHOWN),
    };
    use_effect(move || {
        if let Some(time) = shown_for {
            spawn(async move {
                browser::sleep(time).await;
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
            if let Some(action) = action {
                Offer { action, toast: id }
            }
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

/// The button of a toast.
#[component]
fn Offer(action: ToastAction, toast: u64) -> Element {
    let toasts = use_toasts();
    let deletions = use_deletions();
    match action {
        ToastAction::Open(to) => rsx! {
            Link { class: "button", to, onclick: move |_| toasts.dismiss(toast), "Open" }
        },
        ToastAction::UndoDeletion(job) => rsx! {
            button { class: "button", r#type: "button", onclick: move |_| deletions.undo(job), "Undo" }
        },
    }
}
