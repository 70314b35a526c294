//! Search and filters above the job list.

use crate::app::Route;
use crate::browser;
use crate::components::status_style;
use crate::format;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::JobStatus;
use gas_shared::job::{ListQuery, ListSort};
use std::time::Duration;

/// The delay after the last keystroke before a search starts.
const DEBOUNCE: Duration = Duration::from_millis(250);

/// The search field, the status filter and, on narrow screens, the sort order.
#[component]
pub fn Toolbar(
    /// The query of the URL.
    query: ListQuery,
    /// The number of jobs that match the search, by status.
    counts: Vec<u64>,
    /// The number of jobs that match the search and whose result is archived or being restored.
    archived: u64,
) -> Element {
    rsx! {
        div { class: "list-tools", role: "search", "aria-label": "Annotations",
            Search { query: query.clone() }
            OrderChoice { query: query.clone() }
            Chips { query, counts, archived }
        }
    }
}

#[component]
fn Search(query: ListQuery) -> Element {
    let mut text = use_signal(|| query.search.clone());
    let mut requested = use_signal(|| query.clone());
    let mut waiting = use_signal(|| None::<Task>);
    // The URL is the source of truth, also after the browser's back button.
    use_effect(use_reactive!(|query| {
        if query.search != requested.peek().search {
            text.set(query.search.clone());
        }
        requested.set(query);
    }));
    let mut ask = move || {
        let search = text.peek().trim().to_owned();
        let query = ListQuery { search, page: 1, ..requested.peek().clone() };
        requested.set(query.clone());
        // Replace the history entry, so that "back" does not undo single keystrokes.
        navigator().replace(Route::Annotations { query });
    };
    rsx! {
        div { class: "field list-search",
            label { r#for: "list-search", "Search by file name or request id" }
            input {
                id: "list-search",
                r#type: "search",
                value: "{text}",
                oninput: move |event| {
                    text.set(event.value());
                    if let Some(task) = waiting.take() {
                        task.cancel();
                    }
                    waiting.set(Some(spawn(async move {
                        browser::sleep(DEBOUNCE).await;
                        ask();
                    })));
                },
            }
        }
    }
}

/// The sort order, for narrow screens, where the table has no header.
#[component]
fn OrderChoice(query: ListQuery) -> Element {
    const ORDERS: [(&str, &str); 6] = [
        ("-submitted", "Newest first"),
        ("submitted", "Oldest first"),
        ("name", "File name"),
        ("status", "Status"),
        ("-size", "Largest file first"),
        ("-duration", "Longest run first"),
    ];
    let read = |text: &str| -> ListSort { ListQuery::from(format!("sort={text}").as_str()).sort };
    let now = query.sort;
    rsx! {
        div { class: "field list-order",
            label { r#for: "list-order", "Order" }
            select {
                id: "list-order",
                onchange: move |event| {
                    let query = ListQuery { sort: read(&event.value()), page: 1, ..query.clone() };
                    navigator().push(Route::Annotations { query });
                },
                for (value, label) in ORDERS {
                    option { key: "{value}", value, selected: read(value) == now, "{label}" }
                }
            }
        }
    }
}

/// The status filter with the number of jobs in each status. The chips are links, so that each
/// filter has its own URL.
#[component]
fn Chips(query: ListQuery, counts: Vec<u64>, archived: u64) -> Element {
    let all: u64 = counts.iter().sum();
    let every = ListQuery { statuses: Vec::new(), archived: false, page: 1, ..query.clone() };
    let is_all = query.statuses.is_empty() && !query.archived;
    let of_archive = ListQuery { archived: !query.archived, page: 1, ..query.clone() };
    let known = JobStatus::ALL.into_iter().zip(counts);
    let known: Vec<_> =
        known.filter(|(status, count)| *count > 0 || query.statuses.contains(status)).collect();
    rsx! {
        ul { class: "chips", "aria-label": "Status",
            li {
                Chip { to: every, is_chosen: is_all, label: "All", count: all }
            }
            for (status, count) in known {
                li { key: "{status}",
                    Chip {
                        to: query.toggle(status),
                        is_chosen: query.statuses.contains(&status),
                        label: status_style(status).1,
                        count,
                    }
                }
            }
            if archived > 0 || query.archived {
                li {
                    Chip { to: of_archive, is_chosen: query.archived, label: "Archived", count: archived }
                }
            }
        }
    }
}

#[component]
fn Chip(to: ListQuery, is_chosen: bool, label: &'static str, count: u64) -> Element {
    rsx! {
        Link {
            class: if is_chosen { "chip chip-chosen" } else { "chip" },
            to: Route::Annotations { query: to },
            "aria-current": if is_chosen { "true" },
            "{label} "
            span { class: "muted", {format::count(count)} }
        }
    }
}
