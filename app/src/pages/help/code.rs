//! Examples of commands and programs.

use crate::components::{CopyButton, EXAMPLE_URL, use_service_url};
use dioxus::prelude::*;

/// A text to copy, with the URL of this service in the place of that of the example.
#[component]
pub(super) fn Code(name: &'static str, #[props(into)] text: String) -> Element {
    let text = text.replace(EXAMPLE_URL, &use_service_url());
    rsx! {
        div { class: "help-code",
            pre { tabindex: "0", role: "region", "aria-label": "Example: {name}", code { "{text}" } }
            CopyButton { text, label: name.to_owned() }
        }
    }
}
