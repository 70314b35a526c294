//! A job's status with its icon and color.

use super::{Icon, Shape};
use dioxus::prelude::*;
use gas_shared::JobStatus;

/// The label of a job that was completed with warnings.
pub const COMPLETED_WITH_WARNINGS: &str = "Completed with warnings";

/// The icon, label and CSS color suffix of a status.
pub const fn status_style(status: JobStatus) -> (Shape, &'static str, &'static str) {
    match status {
        JobStatus::Uploading => (Shape::Upload, "Uploading", "quiet"),
        JobStatus::Pending => (Shape::Waiting, "Pending", "quiet"),
        JobStatus::Running => (Shape::Running, "Running", "active"),
        JobStatus::Completed => (Shape::Done, "Completed", "good"),
        JobStatus::Failed => (Shape::Cross, "Failed", "bad"),
        JobStatus::Cancelled => (Shape::Stopped, "Cancelled", "quiet"),
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
    let (shape, word, tone) = if warned {
        (Shape::Warning, COMPLETED_WITH_WARNINGS, "warn")
    } else {
        status_style(status)
    };
    rsx! {
        span { class: "badge badge-{tone}", "data-status": status.as_str(),
            Icon { shape }
            "{word}"
        }
    }
}
