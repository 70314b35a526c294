//! The button that deletes a job.

use super::{Icon, IconName};
use crate::app::Route;
use crate::deletions::use_deletions;
use dioxus::prelude::*;
use gas_shared::JobView;

/// The warning before jobs are deleted. `loses_results` says whether any of them has results.
pub const fn deletion_warning(loses_results: bool) -> &'static str {
    if loses_results {
        "The uploaded files, logs and annotated results are deleted, including archived results. \
         Results that you have not downloaded are lost. This can't be undone."
    } else {
        "The uploaded files are deleted, and unfinished annotations stop. This can't be undone."
    }
}

/// Deletes a job, which can be undone for some seconds, and opens the job list.
#[component]
pub fn DeleteButton(job: JobView) -> Element {
    let deletions = use_deletions();
    rsx! {
        button {
            class: "button button-danger",
            r#type: "button",
            onclick: move |_| {
                deletions.start(&job);
                navigator().push(Route::annotations());
            },
            Icon { name: IconName::Delete }
            "Delete"
        }
    }
}
