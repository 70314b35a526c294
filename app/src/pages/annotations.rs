use super::commit_status;
use crate::api::jobs;
use crate::app::Route;
use crate::components::{
    ErrorNote, JobProgress, Page, RestoreBanner, ResultsChip, StatusBadge, When,
};
use crate::error::ApiError;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::StateView;

/// The list of the user's jobs, newest first.
#[component]
pub fn Annotations(cursor: String) -> Element {
    let live = use_live();
    let first_page = cursor.is_empty();
    let cursor = use_memo(use_reactive!(|cursor| cursor));
    let list = use_loader(move || {
        live.follow();
        // Read here, not in the future: a hydrated page never polls the first one.
        let cursor = cursor();
        async move { Ok::<_, ApiError>(jobs(cursor).await) }
    })?;
    let new = rsx! {
        Link { class: "button button-main", to: Route::Annotate {}, "Request new annotation" }
    };
    let content = match &*list.read() {
        Err(error) => {
            commit_status(error);
            rsx! { ErrorNote { error: error.clone() } }
        }
        Ok(page) => {
            let shown = live.newest_list(&page.jobs, first_page);
            rsx! {
                if shown.is_empty() {
                    Empty {}
                } else {
                    RestoreBanner { jobs: shown.clone() }
                    JobTable { jobs: shown }
                }
                nav { class: "paging", "aria-label": "Pages",
                    if !first_page {
                        Link { class: "button", to: Route::Annotations { cursor: String::new() }, "Newest" }
                    }
                    if let Some(next) = &page.next {
                        Link { class: "button", to: Route::Annotations { cursor: next.clone() }, "Older" }
                    }
                }
            }
        }
    };
    rsx! {
        Page { title: "Annotations", actions: new, {content} }
    }
}

#[component]
fn Empty() -> Element {
    rsx! {
        div { class: "empty",
            p { "You have no annotations yet." }
            p { class: "muted", "Choose a VCF file, watch it being annotated, download the result." }
            Link { class: "button button-main", to: Route::Annotate {}, "Annotate your first file" }
        }
    }
}

#[component]
fn JobTable(jobs: Vec<JobView>) -> Element {
    rsx! {
        div { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Annotation jobs",
            table { class: "jobs",
                caption { class: "visually-hidden", "Your annotation jobs, newest first" }
                thead {
                    tr {
                        th { scope: "col", "Request ID" }
                        th { scope: "col", "Request time" }
                        th { scope: "col", "VCF input file" }
                        th { scope: "col", "Status" }
                        th { scope: "col", "Results" }
                    }
                }
                tbody {
                    for job in jobs {
                        JobRow { key: "{job.id}", job }
                    }
                }
            }
        }
    }
}

#[component]
fn JobRow(job: JobView) -> Element {
    rsx! {
        tr { "data-job": "{job.id}",
            td { "data-label": "Request ID",
                Link { class: "job-id", to: Route::JobDetails { id: job.id.to_string() }, "{job.id}" }
            }
            td { "data-label": "Request time", When { at: job.submitted_at } }
            td { "data-label": "VCF input file", class: "file-name", "{job.file_name}" }
            td { "data-label": "Status",
                StatusBadge { status: job.state.status() }
                if let StateView::Running { progress, .. } = job.state.clone() {
                    JobProgress { progress }
                }
            }
            td { "data-label": "Results", ResultsChip { state: job.state } }
        }
    }
}
