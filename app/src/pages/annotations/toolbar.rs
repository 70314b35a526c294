//! Search and filters above the job list.

use crate::app::Route;
use crate::browser;
use crate::components::status_style;
use crate::format;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::JobStatus;
use gas_shared::job::{Label, ListQuery, ListSort, ProjectName};
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
    /// The labels of the jobs that match, with their numbers.
    labels: Vec<(Label, u64)>,
    /// The projects of the jobs that match the rest of the query, with their numbers.
    projects: Vec<(ProjectName, u64)>,
) -> Element {
    rsx! {
        div { class: "list-tools", role: "search", "aria-label": "Annotations",
            Search { query: query.clone() }
            OrderChoice { query: query.clone() }
            ProjectChoice { query: query.clone(), projects }
            Chips { query: query.clone(), counts, archived }
            LabelChips { query, labels }
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
            label { r#for: "list-search", "Search by name or job id" }
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
                Chip { to: every, is_chosen: is_all, label: "All".to_owned(), count: all }
            }
            for (status, count) in known {
                li { key: "{status}",
                    Chip {
                        to: query.toggle(status),
                        is_chosen: query.statuses.contains(&status),
                        label: status_style(status).1.to_owned(),
                        count,
                    }
                }
            }
            if archived > 0 || query.archived {
                li {
                    Chip { to: of_archive, is_chosen: query.archived, label: "Archived".to_owned(), count: archived }
                }
            }
        }
    }
}

/// The choice of a project with the number of its jobs. Nothing if there are no projects.
#[component]
fn ProjectChoice(query: ListQuery, projects: Vec<(ProjectName, u64)>) -> Element {
    if projects.is_empty() {
        return rsx! {};
    }
    let chosen = query.project.clone();
    rsx! {
        div { class: "field list-project",
            label { r#for: "list-project", "Project" }
            select {
                id: "list-project",
                onchange: move |event| {
                    let project = ProjectName::parse(&event.value()).ok();
                    navigator().push(Route::Annotations { query: query.of_project(project) });
                },
                option { value: "", selected: chosen.is_none(), "All projects" }
                for (project, count) in projects {
                    option {
                        key: "{project}",
                        value: "{project}",
                        selected: chosen.as_ref() == Some(&project),
                        "{project} ({format::count(count)})"
                    }
                }
            }
        }
    }
}

/// The most frequent labels are chips.
const LABEL_CHIPS: usize = 12;

/// The labels of the jobs, each with the number of jobs that are left with it. Nothing if there are no labels.
#[component]
fn LabelChips(query: ListQuery, labels: Vec<(Label, u64)>) -> Element {
    if labels.is_empty() {
        return rsx! {};
    }
    let mut labels = labels;
    labels.sort_by_key(|(label, _)| !query.labels.contains(label));
    let others = labels.split_off(labels.len().min(LABEL_CHIPS.max(query.labels.iter().count())));
    let base = query.clone();
    rsx! {
        ul { class: "chips", "aria-label": "Labels",
            for (label, count) in labels {
                li { key: "{label}",
                    Chip {
                        to: query.toggle_label(&label),
                        is_chosen: query.labels.contains(&label),
                        label: label.to_string(),
                        count,
                    }
                }
            }
            if !others.is_empty() {
                li {
                    select {
                        class: "chip",
                        "aria-label": "More labels",
                        onchange: move |event| {
                            if let Ok(label) = Label::parse(&event.value()) {
                                navigator().push(Route::Annotations { query: base.toggle_label(&label) });
                            }
                        },
                        option { value: "", selected: true, "More labels" }
                        for (label, count) in others {
                            option { key: "{label}", value: "{label}", "{label} ({format::count(count)})" }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Chip(to: ListQuery, is_chosen: bool, label: String, count: u64) -> Element {
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
