//! The short messages that appear over every page.

use crate::app::Route;
use dioxus::prelude::*;
use gas_shared::JobId;

/// The most toasts shown at a time. The oldest is dropped for a new one.
const MAX_TOASTS: usize = 3;

/// The kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something succeeded. The toast disappears by itself after some seconds.
    Success,
    /// Something failed. The toast stays until it is dismissed.
    Error,
}

/// What a toast offers.
#[derive(Clone, Debug, PartialEq)]
pub enum ToastAction {
    /// Opens a page.
    Open(Route),
    /// Takes back the deletion of a job. The toast stays for as long as that is possible.
    UndoDeletion(JobId),
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Identifies it in the list.
    pub id: u64,
    /// The kind of message.
    pub tone: Tone,
    /// The text.
    pub text: String,
    /// What it offers.
    pub action: Option<ToastAction>,
}

/// The toasts of this browser tab.
#[derive(Clone, Copy, PartialEq)]
pub struct Toasts {
    shown: Signal<Vec<Toast>>,
    next_id: Signal<u64>,
}

impl Toasts {
    /// Reports a success.
    pub fn success(self, text: String) {
        self.push(Tone::Success, text, None);
    }

    /// Reports a failure.
    pub fn error(self, text: String) {
        self.push(Tone::Error, text, None);
    }

    /// Reports an event, with a button.
    pub fn with_action(self, tone: Tone, text: String, action: ToastAction) {
        self.push(tone, text, Some(action));
    }

    /// The toasts to show, oldest first.
    pub fn shown(self) -> Vec<Toast> {
        self.shown.read().clone()
    }

    /// Removes a toast.
    pub fn dismiss(mut self, id: u64) {
        self.shown.write().retain(|toast| toast.id != id);
    }

    /// Removes the toasts with an action.
    pub fn dismiss_action(mut self, action: &ToastAction) {
        self.shown.write().retain(|toast| toast.action.as_ref() != Some(action));
    }

    fn push(mut self, tone: Tone, text: String, action: Option<ToastAction>) {
        let id = *self.next_id.peek();
        self.next_id.set(id + 1);
        let mut shown = self.shown.write();
        shown.push(Toast { id, tone, text, action });
        if shown.len() > MAX_TOASTS {
            // The chance to undo is not lost to other messages.
            let is_undo =
                |toast: &Toast| matches!(toast.action, Some(ToastAction::UndoDeletion(_)));
            let oldest = shown.iter().position(|toast| !is_undo(toast)).unwrap_or(0);
            shown.remove(oldest);
        }
    }
}

/// Provides [`Toasts`] to the components below.
pub fn use_toasts_provider() -> Toasts {
    let toasts = Toasts { shown: use_signal(Vec::new), next_id: use_signal(|| 0) };
    use_context_provider(|| toasts)
}

/// The toasts provided by [`use_toasts_provider`].
pub fn use_toasts() -> Toasts {
    use_context::<Toasts>()
}
