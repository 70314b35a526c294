use super::{Icon, Shape};
use dioxus::prelude::*;

/// Copies a text to the clipboard.
#[component]
pub fn CopyButton(
    /// What is copied.
    text: String,
    /// What it is, as in "Copy the request id".
    label: String,
) -> Element {
    #[cfg_attr(not(feature = "web"), expect(unused_mut, reason = "nobody clicks on the server"))]
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
                    #[cfg(feature = "web")]
                    if crate::browser::copy(&text).await {
                        copied.set(true);
                        gloo_timers::future::TimeoutFuture::new(2000).await;
                        copied.set(false);
                    }
                    #[cfg(not(feature = "web"))]
                    drop(text);
                }
            },
            Icon { shape: if copied() { Shape::Done } else { Shape::Copy } }
        }
        span { class: "visually-hidden", role: "status", if copied() { "Copied" } }
    }
}
