//! The button that copies a text to the clipboard.

use super::{Icon, IconName};
use crate::browser;
use dioxus::prelude::*;
use std::time::Duration;

/// How long the button confirms that the text is copied.
const CONFIRMATION: Duration = Duration::from_secs(2);

/// Copies a text to the clipboard.
#[component]
pub fn CopyButton(
    /// The text to copy.
    text: String,
    /// The name of the text, as in "Copy the job id".
    label: String,
) -> Element {
    let mut copied = use_signal(|| false);
    rsx! {
        button {
            class: "icon-button",
            r#type: "button",
            "aria-label": "Copy {label}",
            title: "Copy {label}",
            onclick: move |_| {
                let text = text.clone();
                async move {
                    if browser::copy_text(&text).await {
                        copied.set(true);
                        browser::sleep(CONFIRMATION).await;
                        copied.set(false);
                    }
                }
            },
            Icon { name: if copied() { IconName::Done } else { IconName::Copy } }
        }
        span { class: "visually-hidden", role: "status", if copied() { "Copied" } }
    }
}
