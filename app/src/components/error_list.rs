//! A list of errors.

use dioxus::prelude::*;

/// Shows one error per item. The alert region exists even if the list is empty, so that screen
/// readers announce errors when they are added.
#[component]
pub fn ErrorList(failures: Vec<String>) -> Element {
    rsx! {
        div { role: "alert",
            if !failures.is_empty() {
                div { class: "note note-bad",
                    ul {
                        for (index, failure) in failures.into_iter().enumerate() {
                            li { key: "{index}", "{failure}" }
                        }
                    }
                }
            }
        }
    }
}
