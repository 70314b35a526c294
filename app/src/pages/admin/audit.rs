//! The audit log.

use crate::api::{self, use_api_loader};
use crate::components::{ErrorNote, LocalTime, ScrollTable};
use dioxus::prelude::*;
use gas_shared::operations::AuditItem;

/// The entries of the audit log, newest first, a page at a time.
#[component]
pub fn AuditLog() -> Element {
    let mut before = use_signal(|| None::<i64>);
    let loaded = use_api_loader(move || {
        api::audit_items(before().map(|id| id.to_string()).unwrap_or_default())
    })?;
    rsx! {
        section { class: "panel", "aria-labelledby": "audit",
            h2 { id: "audit", "Audit log" }
            match loaded.read() {
                Err(error) => rsx! { ErrorNote { error } },
                Ok(items) => {
                    let last = items.last().map(|item| item.id);
                    rsx! {
                        ScrollTable {
                            label: "Audit log",
                            caption: "What was done, newest first",
                            columns: ["When", "Who", "What", "User"].map(str::to_owned).to_vec(),
                            for item in items {
                                Row { key: "{item.id}", item }
                            }
                        }
                        div { class: "actions",
                            if before().is_some() {
                                button { class: "button", r#type: "button", onclick: move |_| before.set(None), "Newest" }
                            }
                            if last.is_some() {
                                button { class: "button", r#type: "button", onclick: move |_| before.set(last), "Older" }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Row(item: AuditItem) -> Element {
    let action = item.action.replace('_', " ");
    rsx! {
        tr { "data-action": "{item.action}",
            td { "data-label": "When", LocalTime { at: item.at } }
            td { "data-label": "Who",
                span {
                    "{item.actor}"
                    if let Some(operator) = item.operator {
                        span { class: "muted setting-about", code { "{operator}" } }
                    }
                }
            }
            td { "data-label": "What",
                span {
                    "{action}"
                    if let Some(target) = &item.target {
                        span { class: "muted setting-about", code { "{target}" } }
                    }
                }
            }
            td { "data-label": "User",
                match item.user {
                    Some(user) => rsx! { code { "{user}" } },
                    None => rsx! { "–" },
                }
            }
        }
    }
}
