use super::{commit_status, parse_id};
use crate::api::{self, ApiResult};
use crate::components::{
    CopyButton, ErrorNote, JobProgress, Page, ResultsPanel, StatusBadge, When, sentence,
};
use crate::error::ApiError;
use crate::format;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::job::{FailureKind, StateView};
use gas_shared::{JobId, JobView};

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
            match job.state.clone() {
                StateView::Completed { completed_at, results, .. } => rsx! {
                    ResultsPanel { id: job.id, completed_at, results }
                },
                state if !state.status().is_final() => rsx! { CancelJob { id: job.id } },
                _ => rsx! {},
            }
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
                StateFacts { state: job.state }
            }
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
fn CancelJob(id: JobId) -> Element {
    let live = use_live();
    let mut cancel = use_action(move || async move {
        live.learn(api::cancel_job(id).await?);
        Ok::<_, ApiError>(())
    });
    let failed = cancel.value().and_then(Result::err);
    rsx! {
        p { class: "actions",
            button {
                class: "button button-danger",
                r#type: "button",
                disabled: cancel.pending(),
                onclick: move |_| cancel.call(),
                "Cancel this job"
            }
        }
        if let Some(error) = failed {
            p { class: "note note-bad", role: "alert", {sentence(&error.to_string())} }
        }
    }
}
