//! What an operator does with a button.

use crate::api::{ApiAction, ApiResult, use_api_action};
use crate::components::sentence;
use crate::toasts::{Toasts, use_toasts};
use dioxus::prelude::*;

/// An action of an operator. Its outcome is a toast, and then what the page shows is loaded again.
#[derive(Clone, Copy, PartialEq)]
pub struct Operation {
    action: ApiAction,
    toasts: Toasts,
    onchange: EventHandler<()>,
}

/// Creates an [`Operation`]. `onchange` loads again what the page shows.
pub fn use_operation(onchange: EventHandler<()>) -> Operation {
    Operation { action: use_api_action(), toasts: use_toasts(), onchange }
}

impl Operation {
    /// Starts the action, which returns the text for its success.
    pub fn start(self, work: impl Future<Output = ApiResult<String>> + 'static) {
        let Self { action, toasts, onchange } = self;
        action.start(async move {
            match work.await {
                Ok(text) => toasts.success(text),
                Err(error) => toasts.error(sentence(&error.message)),
            }
            onchange.call(());
            Ok(())
        });
    }

    /// Whether the action is running.
    pub fn is_busy(self) -> bool {
        self.action.is_busy()
    }
}

/// A button of a row that starts an operation.
#[component]
pub fn OperationButton(
    /// The text of the button.
    label: String,
    /// Its name, which says on what it acts.
    name: String,
    operation: Operation,
    onstart: EventHandler<()>,
) -> Element {
    rsx! {
        button {
            class: "button",
            r#type: "button",
            "aria-label": name,
            disabled: operation.is_busy(),
            onclick: move |_| onstart.call(()),
            {label}
        }
    }
}
