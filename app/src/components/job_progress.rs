//! The progress of a running job.

use crate::format;
use dioxus::prelude::*;
use gas_shared::job::Progress;

/// A progress bar with the current step of a running job.
#[component]
pub fn JobProgress(progress: Progress) -> Element {
    rsx! {
        span { class: "job-progress",
            progress {
                max: "1000",
                value: "{progress.permille}",
                "aria-label": "Progress of the annotation",
            }
            span { class: "muted", {format::progress(&progress)} }
        }
    }
}
