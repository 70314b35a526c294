use super::{commit_status, parse_id};
use crate::api::{self, ApiResult};
use crate::app::Route;
use crate::components::{CopyButton, ErrorNote, Icon, JobProgress, Page, Shape, StatusBadge, When};
use crate::error::ApiError;
use crate::format;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::{FailureKind, StateView};

/// One job, live.
#[component]
pub fn JobDetails(id: String) -> Element {
    let live = use_live();
    let id = use_memo(use_reactive!(|id| id));
    let loaded = use_loader(move || {
        live.follow();
        let id = id();
        async move { Ok::<_, ApiError>(fetch(&id).await) }
    })?;
    match &*loaded.read() {
        Ok(job) => rsx! { Details { job: live.newest(job.clone()) } },
        Err(error) => {
            commit_status(error);
            rsx! {
                Page { title: "Annotation", ErrorNote { error: error.clone() } }
            }
        }
    }
}

async fn fetch(id: &str) -> ApiResult<JobView> {
    api::job(parse_id(id)?).await
}

#[component]
fn Details(job: JobView) -> Element {
    let id = job.id.to_string();
    rsx! {
        Page { title: "Annotation of {job.file_name}",
            dl { class: "facts",
                dt { "Request ID" }
                dd {
                    code { class: "job-id", "{id}" }
                    CopyButton { text: id.clone(), label: "the request id" }
                }
                dt { "Request time" }
                dd { When { at: job.submitted_at } }
                dt { "VCF input file" }
                dd { class: "file-name", "{job.file_name}" }
                dt { "Size" }
                dd { {format::maybe_bytes(job.size)} }
                dt { "Status" }
                dd { StatusBadge { status: job.state.status() } }
                StateFacts { state: job.state.clone() }
            }
            JobActions { job }
        }
    }
}

#[component]
fn StateFacts(state: StateView) -> Element {
    match state {
        StateView::Running { started_at, progress } => rsx! {
            dt { "Started" }
            dd { When { at: started_at } }
            dt { "Progress" }
            dd { JobProgress { progress } }
        },
        StateView::Completed { started_at, completed_at, records, result_size, results: _ } => {
            rsx! {
                dt { "Complete time" }
                dd {
                    When { at: completed_at }
                    span { class: "muted", " after {format::duration(started_at, completed_at)}" }
                }
                dt { "Variants" }
                dd { {format::count(records)} }
                dt { "Annotated file" }
                dd { {format::bytes(result_size)} }
            }
        }
        StateView::Failed { at, kind, reason } => rsx! {
            dt { "Failed" }
            dd { When { at } }
            dt { "Reason" }
            dd { class: "reason", "{reason}" }
            dt { "What to do" }
            dd {
                match kind {
                    FailureKind::Input => "Mend the file and submit it again.",
                    FailureKind::Service => "Submit the file again; if it fails again, tell the operators the request id.",
                }
            }
        },
        StateView::Cancelled { at } => rsx! {
            dt { "Cancelled" }
            dd { When { at } }
        },
        StateView::Uploading | StateView::Pending => rsx! {},
    }
}

#[component]
fn JobActions(job: JobView) -> Element {
    let live = use_live();
    let id = job.id;
    let mut download = use_action(move || async move {
        let link = api::result_link(id).await?;
        #[cfg(feature = "web")]
        crate::browser::go_to(&link);
        Ok::<_, ApiError>(link)
    });
    let mut cancel = use_action(move || async move {
        live.learn(api::cancel_job(id).await?);
        Ok::<_, ApiError>(())
    });
    let failed = [
        download.value().and_then(Result::err).map(|error| error.to_string()),
        cancel.value().and_then(Result::err).map(|error| error.to_string()),
    ];
    rsx! {
        p { class: "actions",
            if matches!(job.state, StateView::Completed { .. }) {
                button {
                    id: "download",
                    class: "button button-main",
                    r#type: "button",
                    disabled: download.pending(),
                    onclick: move |_| download.call(),
                    Icon { shape: Shape::Download }
                    "Download results"
                }
                Link { class: "button", to: Route::JobLog { id: id.to_string() }, "View log" }
            } else if !job.state.status().is_final() {
                button {
                    class: "button button-danger",
                    r#type: "button",
                    disabled: cancel.pending(),
                    onclick: move |_| cancel.call(),
                    "Cancel this job"
                }
            }
        }
        for text in failed.into_iter().flatten() {
            p { class: "note note-bad", role: "alert", "{text}" }
        }
    }
}
