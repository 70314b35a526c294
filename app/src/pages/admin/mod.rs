//! The page of operators: the state of the service, users, usage and the audit log.

mod audit;
mod operation;
mod queues;
mod runs;
mod service;
mod usage;
mod users;

use super::load_failure;
use crate::account::use_is_operator;
use crate::api::{self, use_api_loader};
use crate::components::{LocalTime, Page, Skeleton};
use crate::format;
use audit::AuditLog;
use dioxus::prelude::*;
use gas_shared::operations::ServiceState;
use queues::Queues;
use runs::Runs;
use service::ServiceControls;
use usage::Usage;
use users::Users;

/// The page of operators. For others, it does not exist.
#[component]
pub fn Admin() -> Element {
    // The parts load at the same time, and none hides another meanwhile. Others than operators get the error of the first one,
    // and only that.
    let is_operator = use_is_operator();
    rsx! {
        Page { title: "Operations",
            SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, Service {} }
            if is_operator {
                SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, Users {} }
                SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, Usage {} }
                SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, AuditLog {} }
            }
        }
    }
}

/// What the service does at the moment.
#[component]
fn Service() -> Element {
    let loaded = use_api_loader(api::service_state)?;
    match loaded.read() {
        Err(error) => load_failure(error),
        Ok(state) => rsx! {
            State { state, onreload: move |()| loaded.reload() }
        },
    }
}

/// The mode of the service, its jobs, queues and runs.
#[component]
fn State(state: ServiceState, onreload: EventHandler<()>) -> Element {
    let jobs = state.jobs.clone();
    rsx! {
        section { class: "panel", "aria-labelledby": "now",
            div { class: "panel-head",
                h2 { id: "now", "Jobs" }
                button { class: "button", r#type: "button", onclick: move |_| onreload.call(()), "Refresh" }
            }
            dl { class: "details details-plain",
                dt { "Running" }
                dd { "data-jobs": "running", "{format::count(jobs.running)}" }
                dt { "Waiting for a worker" }
                dd { "data-jobs": "pending", "{format::count(jobs.pending)}" }
                dt { "Held back" }
                dd { "data-jobs": "held-back", "{format::count(jobs.held_back)}" }
                dt { "Oldest job" }
                dd {
                    match jobs.oldest_since {
                        Some(at) => rsx! { "submitted " LocalTime { at } },
                        None => rsx! { "–" },
                    }
                }
                dt { "As of" }
                dd { LocalTime { at: state.at } }
            }
            p { class: "muted",
                "A job is held back while its owner has as many jobs with the workers as the plan allows, or while jobs are paused."
            }
        }
        ServiceControls { mode: state.mode, onchange: onreload }
        Queues { queues: state.queues, onchange: onreload }
        Runs { runs: state.runs, now: state.at }
    }
}
