//! The queues and their dead letters.

use super::operation::{OperationButton, use_operation};
use crate::api;
use crate::components::ScrollTable;
use crate::format;
use dioxus::prelude::*;
use gas_shared::operations::{QueueName, QueueState};

/// The queues, with a button for those that have dead letters.
#[component]
pub fn Queues(queues: Vec<QueueState>, onchange: EventHandler<()>) -> Element {
    rsx! {
        section { class: "panel", "aria-labelledby": "queues",
            h2 { id: "queues", "Queues" }
            ScrollTable {
                label: "Queues",
                caption: "The queues, with the numbers of their messages",
                columns: ["Queue", "Waiting", "In flight", "Oldest", "Dead letters"].map(str::to_owned).to_vec(),
                has_actions: true,
                for queue in queues {
                    Row { key: "{queue.name}", queue, onchange }
                }
            }
            p { class: "muted",
                "Numbers are approximate. The age of the oldest message comes from CloudWatch and is a few minutes behind. Remove the cause before you redrive dead letters."
            }
        }
    }
}

#[component]
fn Row(queue: QueueState, onchange: EventHandler<()>) -> Element {
    let count = format::count;
    rsx! {
        tr { "data-queue": "{queue.name}",
            td { "data-label": "Queue", code { "{queue.name}" } }
            td { "data-label": "Waiting", {count(queue.waiting)} }
            td { "data-label": "In flight", {count(queue.in_flight)} }
            td { "data-label": "Oldest", {oldest(&queue)} }
            td { "data-label": "Dead letters",
                if queue.dead_letters > 0 {
                    span { class: "badge badge-bad", {count(queue.dead_letters)} }
                } else {
                    "0"
                }
            }
            td { "data-label": "",
                if queue.dead_letters > 0 {
                    Redrive { queue: queue.name, onchange }
                }
            }
        }
    }
}

/// The age of the oldest message.
fn oldest(queue: &QueueState) -> String {
    match queue.oldest_secs {
        _ if queue.waiting + queue.in_flight == 0 => "–".to_owned(),
        Some(secs) => format::duration_of(i64::try_from(secs).unwrap_or(i64::MAX)),
        None => "not known".to_owned(),
    }
}

#[component]
fn Redrive(queue: QueueName, onchange: EventHandler<()>) -> Element {
    let redrive = use_operation(onchange);
    let start = move |()| {
        redrive.start(async move {
            let moved = api::redrive_queue(queue).await?;
            Ok(format!("{} moved", format::counted(moved, "message")))
        });
    };
    rsx! {
        OperationButton {
            label: "Redrive",
            name: "Redrive {queue}",
            operation: redrive,
            onstart: start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_that_is_not_known_is_not_shown_as_none() {
        let shown = |waiting, in_flight, oldest_secs| {
            let name = QueueName::Mail;
            oldest(&QueueState { name, waiting, in_flight, oldest_secs, dead_letters: 0 })
        };
        assert_eq!(shown(1, 0, Some(3725)), "1 h 2 min");
        assert_eq!(shown(0, 1, None), "not known");
        // The age is of a message that has been handled since.
        assert_eq!(shown(0, 0, Some(60)), "–");
        assert_eq!(shown(0, 0, None), "–");
    }
}
