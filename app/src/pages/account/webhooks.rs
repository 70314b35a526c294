//! The webhooks: their list with the last deliveries, and what can be done with them.

use super::new_webhook::NewWebhookForm;
use crate::api::{self, RawJson, use_api_action, use_steady_api_loader};
use crate::browser;
use crate::components::{Confirm, LocalTime, ScrollTable, failures, sentence};
use crate::live::use_live;
use crate::pages::load_failure;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::WebhookId;
use gas_shared::webhook::{DeliveryOutcome, DeliveryView, WebhookHealth, WebhookView};
use std::time::Duration;

/// How often the list is loaded again after a test message, until its first attempt has ended.
const LOOKS: u32 = 10;

/// The pause before each of these.
const LOOK_EVERY: Duration = Duration::from_millis(1_500);

/// The panel with the webhooks and the form that creates one.
#[component]
pub fn Webhooks() -> Element {
    let live = use_live();
    let loaded = use_steady_api_loader(move || {
        live.refetch_on_reconnect();
        api::webhooks()
    })?;
    let mut open = use_signal(|| false);
    let mut chosen = use_signal(|| None::<WebhookView>);
    let shown = match loaded.read() {
        Ok(shown) => shown,
        Err(error) => return load_failure(error),
    };
    rsx! {
        section { class: "panel", "aria-labelledby": "webhooks",
            h2 { id: "webhooks", "Webhooks" }
            p { class: "muted",
                "When a job ends, or its results are archived or restored, GAS sends a message to your URL, signed as "
                a { href: "https://www.standardwebhooks.com", rel: "noreferrer", "Standard Webhooks" }
                " describes; see the "
                a { href: "/api/docs", "API documentation" }
                "."
            }
            if shown.is_empty() {
                p { "You have no webhooks." }
            }
            for webhook in shown {
                WebhookItem {
                    key: "{webhook.id}",
                    webhook: webhook.clone(),
                    onchange: move |fresh| loaded.set(fresh),
                    ondelete: move |()| {
                        chosen.set(Some(webhook.clone()));
                        open.set(true);
                    },
                }
            }
            NewWebhookForm { oncreated: move |()| loaded.reload() }
        }
        DeleteDialog {
            webhook: chosen(),
            open,
            onchange: move |fresh| loaded.set(fresh),
        }
    }
}

/// A webhook with its buttons and its last deliveries.
#[component]
fn WebhookItem(
    webhook: WebhookView,
    /// Called with the new list after a change.
    onchange: EventHandler<RawJson<Vec<WebhookView>>>,
    /// Called when the user wants to delete it.
    ondelete: EventHandler<()>,
) -> Element {
    let toasts = use_toasts();
    let test = use_api_action();
    let enable = use_api_action();
    let id = webhook.id;
    let start_test = move |_| {
        test.start(async move {
            match api::test_webhook(id).await {
                Ok(fresh) => {
                    onchange.call(fresh);
                    match await_test(id, onchange).await? {
                        Some(DeliveryOutcome::Delivered { .. }) => {
                            toasts.success("Test message delivered".to_owned());
                        }
                        Some(
                            DeliveryOutcome::Failed { problem, .. }
                            | DeliveryOutcome::Pending { problem: Some(problem), .. },
                        ) => toasts.error(format!("Test message not delivered: {problem}")),
                        Some(DeliveryOutcome::Pending { problem: None, .. }) | None => {}
                    }
                    Ok(())
                }
                Err(error) => {
                    toasts.error(sentence(&error.message));
                    Ok(())
                }
            }
        });
    };
    let start_enable = move |_| {
        enable.start(async move {
            match api::enable_webhook(id).await {
                Ok(fresh) => {
                    onchange.call(fresh);
                    toasts.success("Webhook enabled".to_owned());
                }
                Err(error) => toasts.error(sentence(&error.message)),
            }
            Ok(())
        });
    };
    let events: Vec<&str> = webhook.events.iter().map(|event| event.as_str()).collect();
    let is_disabled = matches!(webhook.health, WebhookHealth::Disabled { .. });
    rsx! {
        div { class: "webhook", role: "group", "aria-label": "Webhook {webhook.url}",
            p { class: "webhook-url", code { "{webhook.url}" } }
            p { class: "muted", {events.join(", ")} }
            match webhook.health {
                WebhookHealth::Active => rsx! {},
                WebhookHealth::Failing { since } => rsx! {
                    p { class: "note note-warn",
                        span {
                            "Failing since "
                            LocalTime { at: since }
                            ". Messages are sent again for about a day; after 5 days of failures the webhook is disabled."
                        }
                    }
                },
                WebhookHealth::Disabled { since } => rsx! {
                    p { class: "note note-bad",
                        span {
                            "Disabled since "
                            LocalTime { at: since }
                            ", because deliveries failed for 5 days or your receiver answered 410 Gone. Fix the receiver, then enable the webhook."
                        }
                    }
                },
            }
            if webhook.deliveries.is_empty() {
                p { class: "muted", "No deliveries in the last 7 days." }
            } else {
                ScrollTable {
                    label: "Deliveries to {webhook.url}",
                    caption: "The last deliveries to {webhook.url}, newest first",
                    columns: ["Event", "Recorded", "Attempts", "Outcome"].map(str::to_owned).to_vec(),
                    for delivery in webhook.deliveries {
                        DeliveryRow { key: "{delivery.id}", delivery: delivery.clone() }
                    }
                }
            }
            p { class: "actions",
                if is_disabled {
                    button {
                        class: "button",
                        r#type: "button",
                        disabled: enable.is_busy(),
                        onclick: start_enable,
                        "Enable"
                    }
                } else {
                    button {
                        class: "button",
                        r#type: "button",
                        disabled: test.is_busy(),
                        onclick: start_test,
                        "Send a test"
                    }
                }
                button {
                    class: "button button-danger",
                    r#type: "button",
                    "aria-label": "Delete webhook {webhook.url}",
                    onclick: move |_| ondelete.call(()),
                    "Delete"
                }
            }
        }
    }
}

/// Loads the list again until the newest message of a webhook has been tried, or for a while, and returns how that went.
async fn await_test(
    id: WebhookId,
    onchange: EventHandler<RawJson<Vec<WebhookView>>>,
) -> api::ApiResult<Option<DeliveryOutcome>> {
    let mut outcome = None;
    for _ in 0..LOOKS {
        browser::sleep(LOOK_EVERY).await;
        let fresh = api::webhooks().await?;
        let webhooks = fresh.read()?;
        onchange.call(fresh);
        let webhook = webhooks.into_iter().find(|one| one.id == id);
        let newest = webhook.and_then(|webhook| webhook.deliveries.into_iter().next());
        outcome = newest.map(|newest| newest.outcome);
        if !matches!(outcome, Some(DeliveryOutcome::Pending { problem: None, .. })) {
            break;
        }
    }
    Ok(outcome)
}

#[component]
fn DeliveryRow(delivery: DeliveryView) -> Element {
    rsx! {
        tr {
            td { "data-label": "Event", code { "{delivery.event}" } }
            td { "data-label": "Recorded", LocalTime { at: delivery.created_at } }
            td { "data-label": "Attempts", "{delivery.attempts}" }
            td { "data-label": "Outcome",
                match delivery.outcome {
                    DeliveryOutcome::Delivered { .. } => rsx! {
                        span { class: "badge badge-good", "Delivered" }
                    },
                    DeliveryOutcome::Failed { problem, .. } => rsx! {
                        span {
                            span { class: "badge badge-bad", "Failed" }
                            span { class: "muted setting-about", "{problem}" }
                        }
                    },
                    DeliveryOutcome::Pending { problem: None, .. } => rsx! {
                        span { class: "badge badge-active", "Sending" }
                    },
                    DeliveryOutcome::Pending { problem: Some(problem), next_attempt_at } => rsx! {
                        span {
                            span { class: "badge badge-active", "Waiting" }
                            span { class: "muted setting-about",
                                "{problem}; next attempt "
                                LocalTime { at: next_attempt_at }
                            }
                        }
                    },
                }
            }
        }
    }
}

/// Confirms that a webhook is to be deleted.
#[component]
fn DeleteDialog(
    webhook: Option<WebhookView>,
    open: Signal<bool>,
    /// Called with the new list after the deletion.
    onchange: EventHandler<RawJson<Vec<WebhookView>>>,
) -> Element {
    let toasts = use_toasts();
    let id = webhook.as_ref().map(|webhook| webhook.id);
    let delete = use_api_action();
    let start = move |()| {
        delete.start(async move {
            let Some(id) = id else { return Ok(()) };
            let fresh = api::delete_webhook(id).await?;
            open.set(false);
            onchange.call(fresh);
            toasts.success("Webhook deleted".to_owned());
            Ok(())
        });
    };
    let url = webhook.map(|webhook| webhook.url).unwrap_or_default();
    rsx! {
        Confirm {
            id: "delete-webhook",
            title: "Delete this webhook?",
            action: "Delete",
            open,
            busy: delete.is_busy(),
            failures: failures(delete),
            onconfirm: start,
            p {
                code { "{url}" }
                " gets no more messages. This can't be undone; a new webhook has another secret."
            }
        }
    }
}
