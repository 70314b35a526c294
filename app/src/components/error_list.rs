//! A list of errors.

use super::sentence;
use crate::api::ApiAction;
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

/// The error of an action as a list, which is empty unless the action has failed.
pub fn failures(action: ApiAction) -> Vec<String> {
    action.error().map(|error| sentence(&error.message)).into_iter().collect()
}
