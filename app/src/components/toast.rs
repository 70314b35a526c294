use super::{Icon, Shape};
use crate::browser;
use dioxus::prelude::*;
use std::time::Duration;

/// At most so many at a time; the oldest gives way.
const MAX_TOASTS: usize = 3;

/// How long a message of success is shown.
const SUCCESS_SHOWN: Duration = Duration::from_secs(5);

/// What a toast tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something worked; it goes by itself after 5 s.
    Success,
    /// Something failed; it stays until it is dismissed.
    Error,
}

#[derive(Clone, Debug, PartialEq)]
struct Toast {
    id: u64,
    tone: Tone,
    text: String,
}

/// Short news, over every page.
#[derive(Clone, Copy, PartialEq)]
pub struct Toasts {
    shown: Signal<Vec<Toast>>,
    next_id: Signal<u64>,
}

impl Toasts {
    /// Tells that something worked.
    pub fn success(self, text: String) {
        self.push(Tone::Success, text);
    }

    /// Tells that something failed.
    pub fn error(self, text: String) {
        self.push(Tone::Error, text);
    }

    fn push(mut self, tone: Tone, text: String) {
        let id = *self.next_id.peek();
        self.next_id.set(id + 1);
        let mut shown = self.shown.write();
        shown.push(Toast { id, tone, text });
        if shown.len() > MAX_TOASTS {
            shown.remove(0);
        }
    }

    fn dismiss(mut self, id: u64) {
        self.shown.write().retain(|toast| toast.id != id);
    }
}

/// Makes the toasts for the pages below.
pub fn use_toasts_provider() -> Toasts {
    let toasts = Toasts { shown: use_signal(Vec::new), next_id: use_signal(|| 0) };
    use_context_provider(|| toasts)
}

/// The toasts that [`use_toasts_provider`] made.
pub fn use_toasts() -> Toasts {
    use_context::<Toasts>()
}

/// Where toasts appear. It is there when it is empty, too, so that screen readers watch it.
#[component]
pub fn ToastArea() -> Element {
    let toasts = use_toasts();
    let shown = toasts.shown.read().clone();
    rsx! {
        div { class: "toasts", role: "status", "aria-live": "polite",
            for toast in shown {
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
    let (shape, name, role) = match tone {
        Tone::Success => (Shape::Done, "good", None),
        Tone::Error => (Shape::Failed, "bad", Some("alert")),
    };
    rsx! {
        div { class: "toast toast-{name}", role,
            Icon { shape }
            span { "{text}" }
            button {
                class: "icon-button",
                r#type: "button",
                "aria-label": "Dismiss",
                onclick: move |_| toasts.dismiss(id),
                Icon { shape: Shape::Failed }
            }
        }
    }
}
