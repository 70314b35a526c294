//! The figures above the job list.

use crate::format;
use dioxus::prelude::*;
use gas_shared::job::Overview;

/// The number of the user's jobs by status, and their storage.
#[component]
pub fn OverviewStrip(overview: Overview) -> Element {
    let counts = [
        ("Running", overview.running),
        ("Uploading or queued", overview.queued),
        ("Completed in 24 h", overview.completed),
        ("Archived", overview.archived),
    ];
    let archived = overview.archived_bytes;
    rsx! {
        dl { class: "strip", "aria-label": "All your annotations",
            for (name, count) in counts {
                div { key: "{name}", class: if count == 0 { "strip-zero" },
                    dt { "{name}" }
                    dd { {format::count(count)} }
                }
            }
            div {
                dt { "Storage" }
                dd {
                    {format::bytes(overview.stored_bytes + archived)}
                    if archived > 0 {
                        span { class: "muted", " {format::bytes(archived)} archived" }
                    }
                }
            }
        }
    }
}
