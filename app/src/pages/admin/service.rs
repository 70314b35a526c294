//! Whether jobs are accepted and started, and the banner.

use super::operation::use_operation;
use crate::api::{self, use_api_action};
use crate::components::sentence;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::operations::{Intake, MAX_BANNER_CHARS, ServiceMode};

/// The choices, with what they mean.
const INTAKES: [(Intake, &str, &str); 3] = [
    (Intake::Open, "Open", "Jobs are accepted and started."),
    (
        Intake::Paused,
        "Paused",
        "New jobs are accepted and wait. Jobs that are with the workers are finished.",
    ),
    (Intake::Draining, "Draining", "New jobs are rejected. Accepted jobs are finished."),
];

/// The panel that pauses and drains the service, and announces maintenance.
#[component]
pub fn ServiceControls(mode: ServiceMode, onchange: EventHandler<()>) -> Element {
    let setting = use_operation(onchange);
    let choose = move |intake: Intake| {
        setting.start(async move {
            api::set_intake(intake).await?;
            Ok(format!("The service is {intake}"))
        });
    };
    rsx! {
        section { class: "panel", "aria-labelledby": "service",
            h2 { id: "service", "Service" }
            fieldset { class: "choices choices-column",
                legend { "New jobs" }
                for (intake , name , about) in INTAKES {
                    label { key: "{name}", class: "choice",
                        input {
                            r#type: "radio",
                            name: "intake",
                            value: "{intake}",
                            checked: mode.intake == intake,
                            disabled: setting.is_busy(),
                            onchange: move |_| choose(intake),
                        }
                        span {
                            "{name}"
                            span { class: "muted setting-about", "{about}" }
                        }
                    }
                }
            }
            Banner { shown: mode.banner.unwrap_or_default(), onchange }
        }
    }
}

/// The form of the banner.
#[component]
fn Banner(shown: String, onchange: EventHandler<()>) -> Element {
    let toasts = use_toasts();
    let mut text = use_signal(|| shown.clone());
    let save = use_api_action();
    let start = move || {
        save.start(async move {
            api::set_banner(text()).await?;
            toasts.success("The banner is saved".to_owned());
            onchange.call(());
            Ok(())
        });
    };
    rsx! {
        form {
            class: "token-form",
            onsubmit: move |event| {
                event.prevent_default();
                start();
            },
            div { class: "field",
                label { r#for: "banner", "Banner on every page" }
                input {
                    id: "banner",
                    r#type: "text",
                    maxlength: "{MAX_BANNER_CHARS}",
                    autocomplete: "off",
                    placeholder: "No banner",
                    value: "{text}",
                    oninput: move |event| text.set(event.value()),
                }
            }
            button { class: "button", r#type: "submit", disabled: save.is_busy(), "Save banner" }
        }
        if let Some(error) = save.error() {
            p { class: "field-problem", role: "alert", {sentence(&error.message)} }
        }
    }
}
