use dioxus::prelude::*;

/// What could not be done of several things, a sentence each. It is there when it is empty, too, so
/// that screen readers watch it.
#[component]
pub fn ErrorList(failures: Vec<String>) -> Element {
    rsx! {
        div { role: "alert",
            if !failures.is_empty() {
                div { class: "note note-bad",
                    ul {
                        for (place, failure) in failures.into_iter().enumerate() {
                            li { key: "{place}", "{failure}" }
                        }
                    }
                }
            }
        }
    }
}
