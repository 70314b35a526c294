//! The form that creates an API token.

use crate::account::use_is_operator;
use crate::api::{self, use_api_action};
use crate::browser;
use crate::components::{CopyButton, HelpLink, LocalTime, sentence, use_service_url};
use crate::help_topic::HelpTopic;
use dioxus::prelude::*;
use gas_shared::token::{CreatedToken, MAX_TOKEN_NAME_CHARS, NewToken, Scope};

/// The lifetimes to choose from, in days.
const LIFETIMES: [(u16, &str); 4] =
    [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "One year")];

/// The preselected lifetime.
const DEFAULT_LIFETIME_DAYS: u16 = 90;

/// The id of the box with the secret.
const SECRET_ID: &str = "new-token";

/// A form that creates a token and then shows its secret once.
#[component]
pub fn NewTokenForm(
    /// Called when a token was created.
    oncreated: EventHandler<()>,
) -> Element {
    let mut name = use_signal(String::new);
    let mut scopes = use_signal(|| Scope::OF_JOBS.to_vec());
    let mut days = use_signal(|| DEFAULT_LIFETIME_DAYS);
    let mut created = use_signal(|| None::<CreatedToken>);
    let create = use_api_action();
    let start = move || {
        create.start(async move {
            let new = NewToken { name: name(), scopes: scopes(), days: days() };
            let token = api::create_token(new).await?.read()?;
            oncreated.call(());
            name.set(String::new());
            created.set(Some(token));
            Ok(())
        });
    };
    let operate = use_is_operator().then_some((Scope::Admin, "operate the service"));
    let choices = [
        (Scope::JobsRead, "read jobs and results"),
        (Scope::JobsWrite, "submit, cancel and delete jobs"),
    ]
    .into_iter()
    .chain(operate);
    let failed = create.error();
    let has_failed = failed.is_some();
    rsx! {
        if let Some(token) = created() {
            Secret { created: token, onclose: move |()| created.set(None) }
        }
        h3 { class: "form-title", "New token" }
        form {
            class: "token-form",
            onsubmit: move |event| {
                event.prevent_default();
                start();
            },
            div { class: "field",
                label { r#for: "token-name", "Name" }
                input {
                    id: "token-name",
                    r#type: "text",
                    required: true,
                    maxlength: "{MAX_TOKEN_NAME_CHARS}",
                    autocomplete: "off",
                    placeholder: "Where it will be used",
                    "aria-describedby": if has_failed { "token-problem" },
                    value: "{name}",
                    oninput: move |event| name.set(event.value()),
                }
            }
            div { class: "field",
                label { r#for: "token-life", "Expires after" }
                select {
                    id: "token-life",
                    onchange: move |event| {
                        if let Ok(chosen) = event.value().parse() {
                            days.set(chosen);
                        }
                    },
                    for (value , text) in LIFETIMES {
                        option { value: "{value}", selected: value == DEFAULT_LIFETIME_DAYS, "{text}" }
                    }
                }
            }
            fieldset { class: "choices",
                legend { "Allows" }
                for (scope , text) in choices {
                    label { class: "choice",
                        input {
                            r#type: "checkbox",
                            checked: scopes().contains(&scope),
                            onchange: move |event| {
                                let mut scopes = scopes.write();
                                scopes.retain(|one| *one != scope);
                                if event.checked() {
                                    scopes.push(scope);
                                }
                            },
                        }
                        "{text}"
                    }
                }
            }
            button { class: "button button-main", r#type: "submit", disabled: create.is_busy(), "Create token" }
        }
        if let Some(error) = failed {
            p { id: "token-problem", class: "field-problem", role: "alert", {sentence(&error.to_string())} }
        }
    }
}

/// The secret of a new token. It exists only in the page and is lost when the page is closed.
#[component]
fn Secret(created: CreatedToken, onclose: EventHandler<()>) -> Element {
    let settings = format!("export GAS_URL={} GAS_TOKEN={}", use_service_url(), created.secret);
    // The form below moves down by its height: without this, the secret can be below the visible part.
    use_effect(|| browser::scroll_into_view(SECRET_ID));
    rsx! {
        div { id: SECRET_ID, class: "note note-active token-secret", role: "status",
            p { "Copy the token "
                strong { "{created.token.name}" }
                " now. It is shown only once and is valid until "
                LocalTime { at: created.token.expires_at }
                "."
            }
            div { class: "secret",
                code { "data-secret": "true", "{created.secret}" }
                CopyButton { text: created.secret.clone(), label: "the token" }
            }
            p { "For the command gas-cli, the script for curl and the Python client, set both variables:" }
            div { class: "secret",
                code { "{settings}" }
                CopyButton { text: settings.clone(), label: "the settings" }
            }
            p { HelpLink { topic: HelpTopic::Programs, label: "How to use it" } }
            button { class: "button", r#type: "button", onclick: move |_| onclose.call(()), "I have copied it" }
        }
    }
}
