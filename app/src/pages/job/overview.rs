//! The overview tab of a job.

use super::organization::OrganizationPanel;
use super::timeline::Timeline;
use super::use_job;
use crate::account::use_account;
use crate::app::Route;
use crate::clock::use_seconds_left;
use crate::components::{
    CoverageBar, DeleteButton, LocalTime, RerunButton, RerunWithOptions, ResultsPanel,
    describe_options,
};
use crate::format;
use dioxus::prelude::*;
use gas_shared::job::{ResultForm, ResultsView, StateView};
use gas_shared::{JobView, Plan};
use jiff::Timestamp;

/// Shows a job's results, details and history.
#[component]
pub fn JobDetails(id: String) -> Element {
    // `JobLayout` loads the job of the route.
    let Some(job) = use_job() else { return rsx! {} };
    let is_free = use_account().is_none_or(|account| account.plan == Plan::Free);
    rsx! {
        div { class: "overview",
            div { class: "overview-main",
                if let StateView::Completed { completed_at, results, .. } = job.state.clone() {
                    ResultsPanel {
                        id: job.id,
                        completed_at,
                        results,
                        form: ResultForm::of(job.size.unwrap_or(0), job.file_name.is_gzip()),
                    }
                }
                if let StateView::Completed { records, not_annotated: Some(not_annotated), .. } = job.state {
                    CoverageBar { id: job.id, records, not_annotated }
                }
                OrganizationPanel { job: job.clone() }
                section { class: "panel", "aria-labelledby": "details",
                    h2 { id: "details", "Details" }
                    Details { job: job.clone() }
                    div { class: "actions",
                        match RerunWindow::of(&job, is_free) {
                            RerunWindow::Open { until } => rsx! {
                                RerunWhileOpen { job: job.clone(), until }
                            },
                            RerunWindow::Closed if has_ended_without_result(&job) => rsx! {
                                OtherOptions { job: job.clone() }
                            },
                            RerunWindow::Closed => rsx! {},
                        }
                        if let StateView::Completed { results: ResultsView::Stored { .. }, .. } = job.state {
                            Link {
                                class: "button",
                                to: Route::Compare { a: id.clone(), b: String::new(), kind: String::new() },
                                "Compare with…"
                            }
                        }
                        DeleteButton { job: job.clone() }
                    }
                }
            }
            section { class: "panel", "aria-labelledby": "history",
                h2 { id: "history", "History" }
                Timeline { job, is_free }
            }
        }
    }
}

/// When a completed job may be run again. On Free it is the download window.
enum RerunWindow {
    /// Until the end of the window, if it has one.
    Open {
        until: Option<Timestamp>,
    },
    Closed,
}

impl RerunWindow {
    fn of(job: &JobView, is_free: bool) -> Self {
        match &job.state {
            StateView::Completed { .. } if job.input_deleted_at.is_some() => Self::Closed,
            StateView::Completed { .. } if !is_free => Self::Open { until: None },
            StateView::Completed { results: ResultsView::Stored { until, .. }, .. } => {
                Self::Open { until: *until }
            }
            _ => Self::Closed,
        }
    }
}

/// Whether the job ended without a result and its file is still there: the header of the page then offers
/// to run it again.
fn has_ended_without_result(job: &JobView) -> bool {
    matches!(job.state, StateView::Failed { .. } | StateView::Cancelled { .. })
        && job.input_deleted_at.is_none()
}

/// Offers to run a job again with other options, if this version knows its options.
#[component]
fn OtherOptions(job: JobView) -> Element {
    let Some(options) = job.options.known() else { return rsx! {} };
    rsx! {
        RerunWithOptions { id: job.id, options: options.clone() }
    }
}

/// Offers to run a job again until the end of the window, if it has one.
#[component]
fn RerunWhileOpen(job: JobView, until: Option<Timestamp>) -> Element {
    if use_seconds_left(until) == Some(0) {
        return rsx! {};
    }
    rsx! {
        RerunButton { id: job.id }
        OtherOptions { job }
    }
}

/// The job's details. Unknown values are shown as a dash.
#[component]
fn Details(job: JobView) -> Element {
    let options = job.options.known().map(describe_options);
    let provenance = match &job.state {
        StateView::Completed { provenance, .. } => provenance.clone(),
        _ => None,
    };
    let (records, result_size, took) = match job.state {
        StateView::Completed { started_at, completed_at, records, result_size, .. } => (
            Some(format::count(records)),
            Some(result_size),
            Some(format::duration(started_at, completed_at)),
        ),
        _ => (None, None, None),
    };
    let unknown = || "–".to_owned();
    rsx! {
        dl { class: "details details-plain",
            dt { "Input file" }
            dd { class: "file-name", "{job.file_name}" }
            dt { "Size" }
            dd { {format::maybe_bytes(job.size)} }
            dt { "Submitted" }
            dd { LocalTime { at: job.submitted_at } }
            dt { "Run time" }
            dd { {took.unwrap_or_else(unknown)} }
            dt { "Variants" }
            dd { {records.unwrap_or_else(unknown)} }
            dt { "Annotated file" }
            dd { {format::maybe_bytes(result_size)} }
            if let Some(provenance) = provenance {
                dt { "Reference" }
                dd { "{provenance}" }
                if let Some(labels) = provenance.source_labels() {
                    dt { "Sources" }
                    dd { "{labels}" }
                }
                if let Some(engine) = &provenance.engine {
                    dt { "Engine" }
                    dd { "{engine}" }
                }
            }
            if let Some(options) = options {
                dt { "Options" }
                dd { "{options}" }
            }
        }
    }
}
