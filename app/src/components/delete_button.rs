//! The button that deletes a job.

use super::{Confirm, Icon, IconName, sentence};
use crate::api;
use crate::app::Route;
use crate::live::use_live;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::{JobStatus, JobView};

/// The warning before jobs are deleted. `loses_results` says whether any of them has results.
pub const fn deletion_warning(loses_results: bool) -> &'static str {
    if loses_results {
        "The uploaded files, logs and annotated results are deleted, including archived results. \
         Results that you have not downloaded are lost. This can't be undone."
    } else {
        "The uploaded files are deleted, and unfinished annotations stop. This can't be undone."
    }
}

/// Deletes a job after confirmation and opens the job list.
#[component]
pub fn DeleteButton(job: JobView) -> Element {
    let live = use_live();
    let toasts = use_toasts();
    let mut open = use_signal(|| false);
    let mut busy = use_signal(|| false);
    let mut failures = use_signal(Vec::<String>::new);
    let (id, name) = (job.id, job.file_name.to_string());
    let title = format!("Delete the annotation of {name}?");
    let loses_results = job.state.status() == JobStatus::Completed;
    let onconfirm = move |()| {
        let name = name.clone();
        busy.set(true);
        spawn(async move {
            match api::delete_job(id).await {
                Ok(()) => {
                    toasts.success(format!("{name} deleted"));
                    navigator().push(Route::annotations());
                    live.remove(id);
                }
                Err(error) => failures.set(vec![sentence(&error.message)]),
            }
            busy.set(false);
        });
    };
    rsx! {
        button {
            class: "button button-danger",
            r#type: "button",
            onclick: move |_| {
                failures.write().clear();
                open.set(true);
            },
            Icon { name: IconName::Delete }
            "Delete"
        }
        Confirm {
            id: "delete-job",
            title,
            action: "Delete",
            open,
            word: loses_results.then_some("delete"),
            busy: busy(),
            failures: failures(),
            onconfirm,
            p { {deletion_warning(loses_results)} }
        }
    }
}
