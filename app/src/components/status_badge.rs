//! A job's status with its icon and color.

use super::{Icon, IconName};
use dioxus::prelude::*;
use gas_shared::JobStatus;

/// The label of a job that was completed with warnings.
pub const COMPLETED_WITH_WARNINGS: &str = "Completed with warnings";

/// The icon, label and CSS color suffix of a status.
pub const fn status_style(status: JobStatus) -> (IconName, &'static str, &'static str) {
    match status {
        JobStatus::Uploading => (IconName::Upload, "Uploading", "quiet"),
        JobStatus::Pending => (IconName::Waiting, "Queued", "quiet"),
        JobStatus::Running => (IconName::Running, "Running", "active"),
        JobStatus::Completed => (IconName::Done, "Completed", "good"),
        JobStatus::Failed => (IconName::Cross, "Failed", "bad"),
        JobStatus::Cancelled => (IconName::Stopped, "Cancelled", "quiet"),
    }
}

/// A job's status as an icon and a word.
#[component]
pub fn StatusBadge(
    status: JobStatus,
    /// Whether the job was completed with warnings.
    #[props(default)]
    warned: bool,
) -> Element {
    let (icon, word, tone) = if warned {
        (IconName::Warning, COMPLETED_WITH_WARNINGS, "warn")
    } else {
        status_style(status)
    };
    rsx! {
        span { class: "badge badge-{tone}", "data-status": status.as_str(),
            Icon { name: icon }
            "{word}"
        }
    }
}
