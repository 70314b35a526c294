//! The short messages that appear over every page.

use dioxus::prelude::*;

/// The most toasts shown at a time. The oldest is dropped for a new one.
const MAX_TOASTS: usize = 3;

/// The kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something succeeded. The toast disappears by itself after 5 s.
    Success,
    /// Something failed. The toast stays until it is dismissed.
    Error,
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
        self.push(Tone::Success, text);
    }

    /// Reports a failure.
    pub fn error(self, text: String) {
        self.push(Tone::Error, text);
    }

    /// The toasts to show, oldest first.
    pub fn shown(self) -> Vec<Toast> {
        self.shown.read().clone()
    }

    /// Removes a toast.
    pub fn dismiss(mut self, id: u64) {
        self.shown.write().retain(|toast| toast.id != id);
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
