//! Named filters, stored in the browser.

use super::TableQuery;
use super::popover::Popover;
use crate::browser;
use crate::components::{Icon, IconName};
use dioxus::prelude::*;
use gas_shared::explorer::url::{read_filter, write_filter};
use serde::{Deserialize, Serialize};

/// The key of the saved filters in the browser's storage.
const PREFERENCE: &str = "saved-filters";

/// The id of the menu.
const MENU: &str = "explorer-saved";

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Saved {
    name: String,
    /// The filter as in the address.
    filter: String,
}

/// Saves a filter. It replaces the one with the same name.
fn save(all: &mut Vec<Saved>, name: &str, filter: String) {
    all.retain(|saved| saved.name != name);
    all.push(Saved { name: name.to_owned(), filter });
    all.sort_by(|a, b| a.name.cmp(&b.name));
}

fn keep(all: &[Saved]) {
    browser::write_preference(PREFERENCE, serde_json::to_string(all).ok().as_deref());
}

/// Lists the saved filters, and saves the current one.
#[component]
pub fn SavedFilters(query: TableQuery) -> Element {
    let mut all = use_signal(Vec::<Saved>::new);
    let mut name = use_signal(String::new);
    use_effect(move || {
        if let Some(saved) = browser::read_preference(PREFERENCE) {
            // Filters stored by an incompatible version are dropped.
            all.set(serde_json::from_str(&saved).unwrap_or_default());
        }
    });
    let filter = write_filter(&query.filter);
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
        Popover { id: MENU, label: "Saved filters",
            if all.read().is_empty() {
                p { class: "muted", "No saved filters yet. They are stored in this browser." }
            }
            ul { class: "plain",
                for saved in all() {
                    li { key: "{saved.name}", class: "saved",
                        SavedLink { query: query.clone(), saved: saved.clone() }
                        button {
                            class: "icon-button",
                            r#type: "button",
                            "aria-label": "Delete {saved.name}",
                            onclick: move |_| {
                                all.write().retain(|known| *known != saved);
                                keep(&all.peek());
                            },
                            Icon { name: IconName::Cross }
                        }
                    }
                }
            }
            if !query.filter.is_empty() {
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

#[component]
fn SavedLink(query: TableQuery, saved: Saved) -> Element {
    let filter = read_filter(&saved.filter).unwrap_or_default();
    let to = TableQuery { filter, ..query }.route();
    rsx! {
        Link { to, onclick: move |_| browser::hide_popover(MENU), "{saved.name}" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saving_under_the_same_name_replaces_a_filter() {
        let mut all = Vec::new();
        save(&mut all, "rare", "1".to_owned());
        save(&mut all, "high", "2".to_owned());
        save(&mut all, "rare", "3".to_owned());
        let shown: Vec<_> = all.iter().map(|s| (s.name.as_str(), s.filter.as_str())).collect();
        assert_eq!(shown, [("high", "2"), ("rare", "3")]);
    }
}
