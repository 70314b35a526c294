//! The menu of saved filters. Each has the sort order and the columns of the table, too.

use super::TableQuery;
use super::columns::{Columns, choose};
use super::popover::Popover;
use super::saved_lists::SavedLists;
use super::saved_row::SavedRow;
use crate::api;
use crate::browser;
use crate::components::ErrorNote;
use dioxus::prelude::*;
use gas_shared::explorer::{Applicable, ColumnSet};
use gas_shared::saved::{NewSavedFilter, SavedFilter};

/// The id of the menu.
const MENU: &str = "explorer-saved";

/// Lists the saved filters, and saves the current one.
#[component]
pub fn SavedFilters(
    query: TableQuery,
    /// The columns of the result.
    set: ColumnSet,
    /// The samples of the result.
    samples: Vec<String>,
    /// The columns that the table shows.
    columns: Signal<Columns>,
    saved: SavedLists,
) -> Element {
    let mut name = use_signal(String::new);
    let filters = saved.read().map(|saved| saved.filters);
    let is_taken = {
        let chosen = name.read().trim().to_owned();
        filters.iter().flatten().any(|known| known.name == chosen)
    };
    let current = query.clone();
    let onsubmit = move |event: FormEvent| {
        event.prevent_default();
        let chosen = name.peek().trim().to_owned();
        if !chosen.is_empty() {
            let new = NewSavedFilter {
                name: chosen,
                filter: current.filter.clone(),
                sort: current.sort.clone(),
                columns: Some(columns.peek().write()),
            };
            saved.change(api::save_filter(new), move || name.set(String::new()));
        }
    };
    rsx! {
        Popover { id: MENU, label: "Saved filters",
            match filters {
                None => rsx! {
                    p { class: "muted", role: "status", "Loading…" }
                },
                Some(filters) if filters.is_empty() => rsx! {
                    p { class: "muted", "No saved filters yet. They are stored in your account." }
                },
                Some(filters) => rsx! {
                    ul { class: "plain",
                        for one in filters {
                            SavedFilterRow {
                                key: "{one.id}",
                                query: query.clone(),
                                one,
                                set: set.clone(),
                                samples: samples.clone(),
                                columns,
                                saved,
                            }
                        }
                    }
                },
            }
            if let Some(error) = saved.error() {
                ErrorNote { error }
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
                        "aria-describedby": is_taken.then_some("saved-taken"),
                        oninput: move |event| name.set(event.value()),
                    }
                    if is_taken {
                        p { id: "saved-taken", class: "muted", "Replaces the saved filter of this name." }
                    }
                    button { class: "button", r#type: "submit", disabled: saved.is_busy(), "Save" }
                }
            }
        }
    }
}

/// A saved filter: a link that applies what the result has of it.
#[component]
fn SavedFilterRow(
    query: TableQuery,
    one: SavedFilter,
    set: ColumnSet,
    samples: Vec<String>,
    columns: Signal<Columns>,
    saved: SavedLists,
) -> Element {
    let Applicable { filter, sort, left_out } =
        Applicable::of(&one.filter, &one.sort, &set, &samples);
    let note = note_of(&left_out);
    let to = TableQuery { filter, sort, ..query }.route();
    let id = one.id;
    let onrename = move |name: String| saved.change(api::rename_filter(id, name), || ());
    let ondelete = move |()| saved.change(api::delete_filter(id), || ());
    let chosen = one.columns.as_deref().and_then(Columns::read);
    rsx! {
        SavedRow { name: one.name.clone(), note, onrename, ondelete,
            Link {
                to,
                onclick: move |_| {
                    if let Some(chosen) = &chosen {
                        choose(columns, chosen.clone());
                    }
                    browser::hide_popover(MENU);
                },
                "{one.name}"
            }
        }
    }
}

/// What of a filter is not applied, as a sentence.
fn note_of(left_out: &[String]) -> Option<String> {
    (!left_out.is_empty())
        .then(|| format!("Without {}: this result does not have it.", left_out.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_result_lacks_is_named() {
        assert_eq!(note_of(&[]), None);
        let lacks = ["gnomADe_AF", "sample kid"].map(str::to_owned);
        let note = note_of(&lacks).unwrap();
        assert_eq!(note, "Without gnomADe_AF, sample kid: this result does not have it.");
    }
}
