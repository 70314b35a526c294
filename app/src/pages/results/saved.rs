//! Filters that the reader has given a name, kept by the browser.

use super::Question;
use crate::browser;
use crate::components::{Icon, Shape};
use dioxus::prelude::*;
use gas_shared::explorer::url::{read_filter, write_filter};
use serde::{Deserialize, Serialize};

/// Where the browser keeps them.
const PREFERENCE: &str = "saved-filters";

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Saved {
    name: String,
    /// As an address has it.
    filter: String,
}

/// Puts a filter under a name, in place of the one that has it.
fn save(all: &mut Vec<Saved>, name: &str, filter: String) {
    all.retain(|saved| saved.name != name);
    all.push(Saved { name: name.to_owned(), filter });
    all.sort_by(|a, b| a.name.cmp(&b.name));
}

fn keep(all: &[Saved]) {
    browser::write_preference(PREFERENCE, serde_json::to_string(all).ok().as_deref());
}

/// The saved filters: to go back to one, and to save the one in use.
#[component]
pub fn SavedFilters(question: Question) -> Element {
    let mut all = use_signal(Vec::<Saved>::new);
    let mut name = use_signal(String::new);
    use_effect(move || {
        if let Some(saved) = browser::read_preference(PREFERENCE) {
            // A list in the format of another version is ignored.
            all.set(serde_json::from_str(&saved).unwrap_or_default());
        }
    });
    let filter = write_filter(&question.filter);
    let onsubmit = move |event: FormEvent| {
        event.prevent_default();
        let chosen = name.peek().trim().to_owned();
        if !chosen.is_empty() {
            save(&mut all.write(), &chosen, filter.clone());
            keep(&all.peek());
            name.set(String::new());
        }
    };
    rsx! {
        details { class: "popover", "name": "explorer-tools",
            summary { class: "button", "Saved filters" }
            div { class: "popover-panel",
                if all.read().is_empty() {
                    p { class: "muted", "None yet. They are kept in this browser." }
                }
                ul { class: "plain",
                    for saved in all() {
                        li { key: "{saved.name}", class: "saved",
                            SavedLink { question: question.clone(), saved: saved.clone() }
                            button {
                                class: "icon-button",
                                r#type: "button",
                                "aria-label": "Forget {saved.name}",
                                onclick: move |_| {
                                    all.write().retain(|known| *known != saved);
                                    keep(&all.peek());
                                },
                                Icon { shape: Shape::Cross }
                            }
                        }
                    }
                }
                if !question.filter.is_empty() {
                    form { class: "field", onsubmit,
                        label { r#for: "saved-name", "Save this filter as" }
                        input {
                            id: "saved-name",
                            r#type: "text",
                            maxlength: "60",
                            autocomplete: "off",
                            value: name,
                            oninput: move |event| name.set(event.value()),
                        }
                        button { class: "button", r#type: "submit", "Save" }
                    }
                }
            }
        }
    }
}

#[component]
fn SavedLink(question: Question, saved: Saved) -> Element {
    let filter = read_filter(&saved.filter).unwrap_or_default();
    let to = Question { filter, ..question }.route();
    rsx! {
        Link { to, "{saved.name}" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_filter() {
        let mut all = Vec::new();
        save(&mut all, "rare", "1".to_owned());
        save(&mut all, "high", "2".to_owned());
        save(&mut all, "rare", "3".to_owned());
        let shown: Vec<_> = all.iter().map(|s| (s.name.as_str(), s.filter.as_str())).collect();
        assert_eq!(shown, [("high", "2"), ("rare", "3")]);
    }
}
