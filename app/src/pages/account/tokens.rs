//! The list of API tokens.

use super::new_token::NewTokenForm;
use crate::api::{self, RawJson, use_api_action};
use crate::components::{Confirm, HelpLink, LocalTime, ScrollTable, failures};
use crate::help_topic::HelpTopic;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::token::{AccountSettings, TokenView};
use jiff::Timestamp;

/// The panel with the API tokens and the form that creates one.
#[component]
pub fn Tokens(
    tokens: Vec<TokenView>,
    /// Called when a token was created.
    oncreated: EventHandler<()>,
    /// Called with the new settings after a token was revoked.
    onchange: EventHandler<RawJson<AccountSettings>>,
) -> Element {
    let mut open = use_signal(|| false);
    let mut chosen = use_signal(|| None::<TokenView>);
    rsx! {
        section { class: "panel", "aria-labelledby": "tokens",
            h2 { id: "tokens", "API tokens" }
            p { class: "muted",
                "Use a token with the command "
                code { "gas-cli" }
                " or your own programs; see the "
                a { href: "/api/docs", "API documentation" }
                ". Anyone with a token can act as you within its scopes, so keep it secret like a password."
            }
            p { HelpLink { topic: HelpTopic::Programs, label: "Quick start for command, API and Python" } }
            if tokens.is_empty() {
                p { "You have no tokens." }
            } else {
                ScrollTable {
                    label: "API tokens",
                    caption: "Your API tokens, newest first",
                    columns: ["Name", "Allows", "Expires", "Last used"].map(str::to_owned).to_vec(),
                    has_actions: true,
                    for token in tokens {
                        TokenRow {
                            key: "{token.id}",
                            token: token.clone(),
                            onrevoke: move |()| {
                                chosen.set(Some(token.clone()));
                                open.set(true);
                            },
                        }
                    }
                }
            }
            NewTokenForm { oncreated }
        }
        RevokeDialog { token: chosen(), open, onchange }
    }
}

#[component]
fn TokenRow(token: TokenView, onrevoke: EventHandler<()>) -> Element {
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let expired = token.expires_at <= Timestamp::now();
    rsx! {
        tr {
            td { "data-label": "Name",
                span {
                    "{token.name}"
                    span { class: "muted setting-about", code { "{token.prefix}…" } }
                }
            }
            td { "data-label": "Allows", code { {scopes.join(", ")} } }
            td { "data-label": "Expires",
                if expired {
                    span { class: "badge badge-bad", "Expired" }
                } else {
                    LocalTime { at: token.expires_at }
                }
            }
            td { "data-label": "Last used",
                match token.last_used_at {
                    Some(at) => rsx! { LocalTime { at } },
                    None => rsx! { span { class: "muted", "Never" } },
                }
            }
            td { "data-label": "",
                button {
                    class: "button button-danger",
                    r#type: "button",
                    "aria-label": "Revoke {token.name}",
                    onclick: move |_| onrevoke.call(()),
                    "Revoke"
                }
            }
        }
    }
}

/// Confirms that a token is to be revoked.
#[component]
fn RevokeDialog(
    token: Option<TokenView>,
    open: Signal<bool>,
    onchange: EventHandler<RawJson<AccountSettings>>,
) -> Element {
    let toasts = use_toasts();
    let id = token.as_ref().map(|token| token.id);
    let revoke = use_api_action();
    let start = move |()| {
        revoke.start(async move {
            let Some(id) = id else { return Ok(()) };
            let fresh = api::revoke_token(id).await?;
            open.set(false);
            onchange.call(fresh);
            toasts.success("Token revoked".to_owned());
            Ok(())
        });
    };
    let name = token.map(|token| token.name).unwrap_or_default();
    rsx! {
        Confirm {
            id: "revoke-token",
            title: "Revoke {name}?",
            action: "Revoke",
            open,
            busy: revoke.is_busy(),
            failures: failures(revoke),
            onconfirm: start,
            p { "Programs that use this token will no longer have access. This can't be undone." }
        }
    }
}
