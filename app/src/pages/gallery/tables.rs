//! The gallery's tables.

use super::example::Example;
use super::samples::{completed, invoices, job, results, unfinished, use_now};
use crate::components::{
    Invoices, JobProgress, RelativeTime, ResultsChip, ScrollTable, StatusBadge,
};
use crate::format;
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::StateView;

/// Tables, which become cards on a phone.
#[component]
pub fn Tables() -> Element {
    let now = use_now();
    rsx! {
        Example { name: "Jobs", Jobs {} }
        Example { name: "Invoices", Invoices { invoices: invoices(now) } }
    }
}

/// A job in every state, with the columns of the job list.
#[component]
fn Jobs() -> Element {
    let now = use_now();
    let done = results(now).into_iter().map(|(_, results)| completed(now, results));
    let states: Vec<_> = unfinished(now).into_iter().chain(done).collect();
    rsx! {
        ScrollTable {
            label: "Jobs",
            caption: "A job in every state",
            columns: ["Status", "File", "Submitted", "Size", "Results"].map(str::to_owned).to_vec(),
            for (place, state) in states.into_iter().enumerate() {
                Row { key: "{place}", job: job(now, state) }
            }
        }
    }
}

#[component]
fn Row(job: JobView) -> Element {
    let now = use_now();
    rsx! {
        tr {
            td { class: "status",
                StatusBadge { status: job.state.status(), warned: job.state.has_warnings() }
                if let StateView::Running { progress, .. } = &job.state {
                    JobProgress { progress: progress.clone() }
                }
                if let StateView::Failed { reason, .. } = &job.state {
                    span { class: "failure-reason muted", title: "{reason}", "{reason}" }
                }
            }
            th { scope: "row", class: "file", "data-label": "File",
                a { class: "file-name", href: "#tables", "{job.file_name}" }
                code { class: "job-id", "{job.id}" }
            }
            td { "data-label": "Submitted", RelativeTime { at: job.submitted_at, now } }
            td { "data-label": "Size", span { class: "number", {format::maybe_bytes(job.size)} } }
            td { "data-label": "Results", ResultsChip { state: job.state.clone() } }
        }
    }
}
