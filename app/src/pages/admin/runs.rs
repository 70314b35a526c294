//! The jobs that run, with the heartbeats of their workers.

use crate::components::{LocalTime, ScrollTable};
use crate::format;
use dioxus::prelude::*;
use gas_shared::cost::MicroUsd;
use gas_shared::operations::RunState;
use jiff::Timestamp;

/// The jobs that run, those with the oldest heartbeat first.
#[component]
pub fn Runs(runs: Vec<RunState>, now: Timestamp) -> Element {
    rsx! {
        section { class: "panel", "aria-labelledby": "runs",
            h2 { id: "runs", "Runs" }
            if runs.is_empty() {
                p { class: "muted", "No jobs are running." }
            } else {
                ScrollTable {
                    label: "Runs",
                    caption: "Running jobs, oldest heartbeat first",
                    columns: ["Job", "Owner", "Started", "Progress", "Heartbeat", "Cost"].map(str::to_owned).to_vec(),
                    for run in runs {
                        tr { key: "{run.job}", "data-run": "{run.job}",
                            td { "data-label": "Job", code { "{run.job}" } }
                            td { "data-label": "Owner", code { "{run.owner}" } }
                            td { "data-label": "Started", LocalTime { at: run.started_at } }
                            td { "data-label": "Progress",
                                "{run.permille / 10} %"
                                if let Some(shards) = run.shards {
                                    span { class: "muted", " {shards.done} of {shards.total} shards, {shards.running} running" }
                                }
                            }
                            td { "data-label": "Heartbeat", {format::ago(run.heartbeat_at, now)} }
                            td { "data-label": "Cost", {cost(&run)} }
                        }
                    }
                }
                p { class: "muted",
                    "Costs are estimates: the time since the start × the workers that run now × the price of a worker's hour."
                }
            }
        }
    }
}

/// What a run has cost so far, and what it will have cost at its end.
fn cost(run: &RunState) -> String {
    let so_far = format::dollars(run.cost);
    match run.cost.0.saturating_mul(1000).checked_div(run.permille.into()) {
        // Before the first percent, the rest cannot be estimated.
        Some(whole) if run.permille >= 10 => {
            format!("{so_far} of about {}", format::dollars(MicroUsd(whole)))
        }
        _ => so_far,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_a_run_is_estimated_to_its_end() {
        let at = |permille, micros| RunState {
            job: "00000000-0000-4000-8000-000000000000".parse().unwrap(),
            owner: "00000000-0000-4000-8000-000000000001".parse().unwrap(),
            started_at: Timestamp::UNIX_EPOCH,
            heartbeat_at: Timestamp::UNIX_EPOCH,
            permille,
            shards: None,
            cost: MicroUsd(micros),
        };
        assert_eq!(cost(&at(0, 0)), "$0.00");
        assert_eq!(cost(&at(9, 2_000_000)), "$2.00");
        assert_eq!(cost(&at(250, 2_000_000)), "$2.00 of about $8.00");
    }
}
