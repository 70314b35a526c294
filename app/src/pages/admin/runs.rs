//! The jobs that run, with the heartbeats of their workers.

use crate::components::{LocalTime, ScrollTable};
use crate::format;
use dioxus::prelude::*;
use gas_shared::operations::RunState;
use jiff::Timestamp;

/// The jobs that run, those with the oldest heartbeat first.
#[component]
pub fn Runs(runs: Vec<RunState>, now: Timestamp) -> Element {
    rsx! {
        section { class: "panel", "aria-labelledby": "runs",
            h2 { id: "runs", "Runs" }
            if runs.is_empty() {
                p { class: "muted", "No job runs." }
            } else {
                ScrollTable {
                    label: "Runs",
                    caption: "The jobs that run, those with the oldest heartbeat first",
                    columns: ["Job", "Owner", "Started", "Progress", "Heartbeat"].map(str::to_owned).to_vec(),
                    for run in runs {
                        tr { key: "{run.job}", "data-run": "{run.job}",
                            td { "data-label": "Job", code { "{run.job}" } }
                            td { "data-label": "Owner", code { "{run.owner}" } }
                            td { "data-label": "Started", LocalTime { at: run.started_at } }
                            td { "data-label": "Progress", "{run.permille / 10} %" }
                            td { "data-label": "Heartbeat", {format::ago(run.heartbeat_at, now)} }
                        }
                    }
                }
            }
        }
    }
}
