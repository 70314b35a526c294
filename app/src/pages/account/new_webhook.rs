//! The form that creates a webhook.

use crate::api::{self, use_api_action};
use crate::components::{CopyButton, sentence};
use dioxus::prelude::*;
use gas_shared::webhook::{CreatedWebhook, MAX_WEBHOOK_URL_BYTES, NewWebhook, WebhookEvent};

/// What each event is, for users.
const fn label(event: WebhookEvent) -> &'static str {
    match event {
        WebhookEvent::JobCompleted => "job completed",
        WebhookEvent::JobFailed => "job failed",
        WebhookEvent::JobArchived => "results archived",
        WebhookEvent::JobRestored => "results restored",
    }
}

/// A form that creates a webhook and then shows its secret once.
#[component]
pub fn NewWebhookForm(
    /// Called when a webhook was created.
    oncreated: EventHandler<()>,
) -> Element {
    let mut url = use_signal(String::new);
    let mut events = use_signal(|| vec![WebhookEvent::JobCompleted, WebhookEvent::JobFailed]);
    let mut created = use_signal(|| None::<CreatedWebhook>);
    let create = use_api_action();
    let start = move || {
        create.start(async move {
            let new = NewWebhook { url: url(), events: events() };
            let webhook = api::create_webhook(new).await?.read()?;
            oncreated.call(());
            url.set(String::new());
            created.set(Some(webhook));
            Ok(())
        });
    };
    let failed = create.error();
    let has_failed = failed.is_some();
    rsx! {
        if let Some(webhook) = created() {
            Secret { created: webhook, onclose: move |()| created.set(None) }
        }
        h3 { class: "form-title", "New webhook" }
        form {
            class: "token-form",
            onsubmit: move |event| {
                event.prevent_default();
                start();
            },
            div { class: "field webhook-field",
                label { r#for: "webhook-url", "URL" }
                input {
                    id: "webhook-url",
                    r#type: "url",
                    required: true,
                    maxlength: "{MAX_WEBHOOK_URL_BYTES}",
                    autocomplete: "off",
                    placeholder: "https://lab.example.org/gas",
                    "aria-describedby": if has_failed { "webhook-problem" },
                    value: "{url}",
                    oninput: move |event| url.set(event.value()),
                }
            }
            fieldset { class: "choices",
                legend { "Events" }
                for event in WebhookEvent::ALL {
                    label { class: "choice",
                        input {
                            r#type: "checkbox",
                            checked: events().contains(&event),
                            onchange: move |change| {
                                let mut events = events.write();
                                events.retain(|one| *one != event);
                                if change.checked() {
                                    events.push(event);
                                }
                            },
                        }
                        {label(event)}
                    }
                }
            }
            button { class: "button button-main", r#type: "submit", disabled: create.is_busy(), "Create webhook" }
        }
        if let Some(error) = failed {
            p { id: "webhook-problem", class: "field-problem", role: "alert", {sentence(&error.to_string())} }
        }
    }
}

/// The secret of a new webhook. It exists only in the page and is lost when the page is closed.
#[component]
fn Secret(created: CreatedWebhook, onclose: EventHandler<()>) -> Element {
    rsx! {
        div { class: "note note-active token-secret", role: "status",
            p { "Copy the secret of "
                strong { "{created.webhook.url}" }
                " now. It is shown only once; your receiver verifies messages with it."
            }
            div { class: "secret",
                code { "data-webhook-secret": "true", "{created.secret}" }
                CopyButton { text: created.secret.clone(), label: "the secret" }
            }
            button { class: "button", r#type: "button", onclick: move |_| onclose.call(()), "I have copied it" }
        }
    }
}
