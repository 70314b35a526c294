//! The page of operators: the state of the service, users, usage and the audit log.

mod audit;
mod operation;
mod queues;
mod runs;
mod service;
mod usage;
mod users;

use super::commit_status;
use crate::api::{self, use_api_loader};
use crate::components::{ErrorNote, LocalTime, Page};
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
    let loaded = use_api_loader(api::service_state)?;
    let content = match loaded.read() {
        Err(error) => {
            commit_status(&error);
            rsx! { ErrorNote { error } }
        }
        Ok(state) => rsx! {
            State { state, onreload: move |()| loaded.reload() }
            Users {}
            Usage {}
            AuditLog {}
        },
    };
    rsx! {
        Page { title: "Operations", {content} }
    }
}

/// What the service does at the moment.
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
                dt { "Read" }
                dd { LocalTime { at: state.at } }
            }
            p { class: "muted",
                "Jobs are held back while their owner has others at the workers, or while jobs are paused."
            }
        }
        ServiceControls { mode: state.mode, onchange: onreload }
        Queues { queues: state.queues, onchange: onreload }
        Runs { runs: state.runs, now: state.at }
    }
}
