//! The table of jobs.

use super::actions::{MENU, PendingAction};
use crate::app::Route;
use crate::clock::use_seconds_since;
use crate::components::{
    Icon, IconName, JobChips, JobProgress, MenuButton, QueueNote, RelativeTime, ResultsChip,
    StatusBadge,
};
use crate::format;
use crate::live::ListedJob;
use dioxus::prelude::*;
use gas_shared::job::{JobListEntry, ListQuery, QueuePosition, ResultLocation, SortKey, StateView};
use gas_shared::{JobId, JobStatus, JobView};
use jiff::Timestamp;
use std::collections::HashSet;

/// The sortable columns.
const SORTABLE_COLUMNS: [(SortKey, &str); 5] = [
    (SortKey::Status, "Status"),
    (SortKey::Name, "File"),
    (SortKey::Submitted, "Submitted"),
    (SortKey::Duration, "Duration"),
    (SortKey::Size, "Size"),
];

/// The table with one page of jobs.
#[component]
pub fn JobTable(
    /// The jobs.
    rows: Vec<ListedJob>,
    /// The queue positions of pending jobs.
    queue: Vec<(JobId, QueuePosition)>,
    /// The query of the URL.
    query: ListQuery,
    /// The server's time, once the page is live.
    now: Option<Timestamp>,
    /// Whether the rows are still those of an earlier query.
    busy: bool,
    /// Whether rows are compact.
    compact: bool,
    /// The ids of the selected jobs.
    selected: Signal<HashSet<JobId>>,
    /// Set to open a job's menu.
    action: Signal<Option<PendingAction>>,
) -> Element {
    let busy_class = if busy { " busy" } else { "" };
    let compact_class = if compact { " compact" } else { "" };
    let ids: Vec<JobId> = rows.iter().map(|row| row.job.id).collect();
    rsx! {
        div { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Annotation jobs",
            table { class: "jobs{busy_class}{compact_class}", "aria-busy": busy,
                caption { class: "visually-hidden", "Your annotation jobs" }
                thead {
                    tr {
                        th { class: "tick", SelectAll { ids, selected } }
                        for (key, label) in SORTABLE_COLUMNS {
                            Head { key: "{label}", query: query.clone(), by: key, label }
                        }
                        th { scope: "col", "Results" }
                        th { scope: "col", class: "row-menu",
                            span { class: "visually-hidden", "Actions" }
                        }
                    }
                }
                tbody {
                    for row in rows {
                        JobRow {
                            key: "{row.job.id}",
                            position: queue.iter().find(|(id, _)| *id == row.job.id).map(|(_, position)| *position),
                            is_selected: selected.read().contains(&row.job.id),
                            row,
                            query: query.clone(),
                            now,
                            selected,
                            action,
                        }
                    }
                }
            }
        }
    }
}

/// A column header that sorts the table.
#[component]
fn Head(query: ListQuery, by: SortKey, label: &'static str) -> Element {
    let sort = query.sort;
    let is_key = sort.key == by;
    let order = match (is_key, sort.descending) {
        (false, _) => None,
        (true, true) => Some("descending"),
        (true, false) => Some("ascending"),
    };
    let to = Route::Annotations { query: ListQuery { sort: sort.by(by), page: 1, ..query } };
    rsx! {
        th { scope: "col", "aria-sort": order,
            Link { class: "sort", to,
                "{label}"
                if is_key {
                    span { class: if sort.descending { "order order-down" } else { "order" },
                        Icon { name: IconName::Rising }
                    }
                }
            }
        }
    }
}

#[component]
fn SelectAll(ids: Vec<JobId>, selected: Signal<HashSet<JobId>>) -> Element {
    let is_all = ids.iter().all(|id| selected.read().contains(id));
    rsx! {
        label { class: "tick-box",
            span { class: "visually-hidden", "Select all on this page" }
            input {
                r#type: "checkbox",
                checked: is_all,
                onchange: move |_| {
                    let mut selected = selected.write();
                    for id in &ids {
                        if is_all { selected.remove(id) } else { selected.insert(*id) };
                    }
                },
            }
        }
    }
}

#[component]
fn JobRow(
    row: ListedJob,
    query: ListQuery,
    position: Option<QueuePosition>,
    is_selected: bool,
    now: Option<Timestamp>,
    selected: Signal<HashSet<JobId>>,
    action: Signal<Option<PendingAction>>,
) -> Element {
    let id = row.job.id;
    let class = row_class(&row);
    let job = row.job;
    rsx! {
        tr { "data-job": "{id}", class, "aria-selected": is_selected,
            td { class: "tick",
                label { class: "tick-box",
                    span { class: "visually-hidden", "Select {job.shown_name()}" }
                    input {
                        r#type: "checkbox",
                        checked: is_selected,
                        onchange: move |_| {
                            let mut selected = selected.write();
                            if !selected.remove(&id) {
                                selected.insert(id);
                            }
                        },
                    }
                }
            }
            td { "data-label": "Status", class: "status",
                StatusBadge { status: job.state.status(), warned: job.state.has_warnings() }
                match job.state.clone() {
                    StateView::Pending => rsx! { QueueNote { position } },
                    StateView::Running { progress, .. } => rsx! { JobProgress { progress } },
                    StateView::Failed { reason, .. } => rsx! {
                        span { class: "failure-reason muted", title: "{reason}", "{reason}" }
                    },
                    _ => rsx! {},
                }
            }
            th { scope: "row", "data-label": "File", class: "file",
                Link { class: "file-name", to: Route::JobDetails { id: id.to_string() }, "{job.shown_name()}" }
                if job.organization.title.is_some() {
                    span { class: "original-name muted", "{job.file_name}" }
                }
                JobChips { organization: job.organization.clone(), query }
            }
            td { "data-label": "Submitted", RelativeTime { at: job.submitted_at, now } }
            td { "data-label": "Duration", Duration { state: job.state.clone() } }
            td { "data-label": "Size", Size { job: job.clone() } }
            td { "data-label": "Results", ResultsChip { state: job.state.clone() } }
            td { class: "row-menu",
                MenuButton {
                    menu: MENU,
                    label: "Actions for {job.shown_name()}",
                    onopen: move |()| action.set(Some(PendingAction::menu(job.clone()))),
                }
            }
        }
    }
}

/// The CSS class that highlights a row after its job has changed.
fn row_class(row: &ListedJob) -> &'static str {
    if row.is_updated { highlight_class(&JobListEntry::from(&row.job)) } else { "" }
}

/// One of four classes with the same animation. Adjacent states have different classes, since an
/// animation only restarts when its name changes.
fn highlight_class(entry: &JobListEntry) -> &'static str {
    match (entry.status, entry.location) {
        (JobStatus::Uploading, _) => "changed changed-a",
        (JobStatus::Pending, _) | (_, Some(ResultLocation::Archived)) => "changed changed-b",
        (JobStatus::Running, _) | (_, Some(ResultLocation::Restoring)) => "changed changed-c",
        (JobStatus::Completed | JobStatus::Failed, _) => "changed changed-a",
        (JobStatus::Cancelled, _) => "changed changed-d",
    }
}

#[component]
fn Duration(state: StateView) -> Element {
    match state {
        StateView::Running { started_at, .. } => rsx! { Elapsed { since: started_at } },
        StateView::Completed { started_at, completed_at, .. } => rsx! {
            span { class: "number", {format::duration(started_at, completed_at)} }
        },
        _ => rsx! { "–" },
    }
}

#[component]
fn Elapsed(since: Timestamp) -> Element {
    let text = match use_seconds_since(since) {
        Some(seconds) => format::duration_of(seconds),
        None => "–".to_owned(),
    };
    rsx! {
        span { class: "number", "{text}" }
    }
}

#[component]
fn Size(job: JobView) -> Element {
    let records = match &job.state {
        StateView::Completed { records, .. } => Some(*records),
        StateView::Running { progress, .. } if progress.records > 0 => Some(progress.records),
        _ => None,
    };
    rsx! {
        span { class: "number", {format::maybe_bytes(job.size)} }
        if let Some(records) = records {
            span { class: "number variants-count muted", {format::counted(records, "variant")} }
        }
    }
}
