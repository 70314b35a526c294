//! Users: search, block, and grant Premium.

use super::operation::{OperationButton, use_operation};
use crate::account::{use_account, use_sells_premium};
use crate::api::{self, use_api_action, use_api_loader};
use crate::components::{Confirm, ErrorNote, LocalTime, ScrollTable, failures};
use crate::format;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::operations::{UserAction, UserRecord};

/// The users that were searched for.
#[component]
pub fn Users() -> Element {
    let mut typed = use_signal(String::new);
    let mut search = use_signal(String::new);
    let loaded = use_api_loader(move || api::find_users(search()))?;
    let mut open = use_signal(|| false);
    let mut chosen = use_signal(|| None::<UserRecord>);
    rsx! {
        section { class: "panel", "aria-labelledby": "users",
            h2 { id: "users", "Users" }
            form {
                class: "token-form",
                role: "search",
                onsubmit: move |event| {
                    event.prevent_default();
                    search.set(typed());
                },
                div { class: "field",
                    label { r#for: "user-search", "Name, email address, institution or id" }
                    input {
                        id: "user-search",
                        r#type: "search",
                        autocomplete: "off",
                        value: "{typed}",
                        oninput: move |event| typed.set(event.value()),
                    }
                }
                button { class: "button", r#type: "submit", "Search" }
            }
            match loaded.read() {
                Err(error) => rsx! { ErrorNote { error } },
                Ok(users) if users.is_empty() => rsx! { p { class: "muted", "No users match." } },
                Ok(users) => rsx! {
                    ScrollTable {
                        label: "Users",
                        caption: "Matching users, newest first",
                        columns: ["User", "Plan", "Jobs", "Stored", "First sign-in"].map(str::to_owned).to_vec(),
                        has_actions: true,
                        for user in users {
                            Row {
                                key: "{user.id}",
                                user: user.clone(),
                                onchange: move |()| loaded.reload(),
                                onblock: move |()| {
                                    chosen.set(Some(user.clone()));
                                    open.set(true);
                                },
                            }
                        }
                    }
                },
            }
        }
        BlockDialog { user: chosen(), open, onchange: move |()| loaded.reload() }
    }
}

#[component]
fn Row(user: UserRecord, onchange: EventHandler<()>, onblock: EventHandler<()>) -> Element {
    let is_me = use_account().is_some_and(|me| me.id == user.id);
    rsx! {
        tr { "data-user": "{user.email}",
            td { "data-label": "User",
                span {
                    "{user.name}"
                    if user.is_operator {
                        span { class: "badge badge-quiet", "Operator" }
                    }
                    if user.blocked_at.is_some() {
                        span { class: "badge badge-bad", "Blocked" }
                    }
                    span { class: "muted setting-about", "{user.email}" }
                    if !user.institution.is_empty() {
                        span { class: "muted setting-about", "{user.institution}" }
                    }
                    span { class: "muted setting-about", code { "{user.id}" } }
                }
            }
            td { "data-label": "Plan",
                "{user.plan}"
                if user.is_granted {
                    span { class: "muted", " (granted)" }
                }
            }
            td { "data-label": "Jobs", {format::count(user.active_jobs)} }
            td { "data-label": "Stored", {format::maybe_bytes(user.stored_bytes)} }
            td { "data-label": "First sign-in", LocalTime { at: user.created_at } }
            td { "data-label": "",
                div { class: "actions",
                    Grant { user: user.clone(), onchange }
                    if user.blocked_at.is_some() {
                        Act { user: user.clone(), action: UserAction::Unblock, label: "Unblock", onchange }
                    } else if !is_me {
                        button {
                            class: "button button-danger",
                            r#type: "button",
                            "aria-label": "Block {user.name}",
                            onclick: move |_| onblock.call(()),
                            "Block"
                        }
                    }
                }
            }
        }
    }
}

/// Grants Premium or takes it back, where Premium is sold.
#[component]
fn Grant(user: UserRecord, onchange: EventHandler<()>) -> Element {
    if !use_sells_premium() {
        return rsx! {};
    }
    match (user.is_granted, user.plan) {
        (true, _) => rsx! {
            Act { user, action: UserAction::RevokePremium, label: "Revoke Premium", onchange }
        },
        (false, Plan::Free) => rsx! {
            Act { user, action: UserAction::GrantPremium, label: "Grant Premium", onchange }
        },
        (false, Plan::Premium) => rsx! {},
    }
}

/// A button that acts on a user at once.
#[component]
fn Act(
    user: UserRecord,
    action: UserAction,
    label: &'static str,
    onchange: EventHandler<()>,
) -> Element {
    let acting = use_operation(onchange);
    let id = user.id;
    let start = move |()| {
        acting.start(async move {
            api::act_on_user(id, action).await?;
            Ok(format!("{label}: done"))
        });
    };
    rsx! {
        OperationButton {
            label: "{label}",
            name: "{label}: {user.name}",
            operation: acting,
            onstart: start,
        }
    }
}

/// Confirms that a user is to be blocked.
#[component]
fn BlockDialog(
    user: Option<UserRecord>,
    open: Signal<bool>,
    onchange: EventHandler<()>,
) -> Element {
    let toasts = use_toasts();
    let block = use_api_action();
    let id = user.as_ref().map(|user| user.id);
    let name = user.map(|user| user.name).unwrap_or_default();
    let start = move |()| {
        block.start(async move {
            let Some(id) = id else { return Ok(()) };
            api::act_on_user(id, UserAction::Block).await?;
            open.set(false);
            onchange.call(());
            toasts.success("The user is blocked".to_owned());
            Ok(())
        });
    };
    rsx! {
        Confirm {
            id: "block-user",
            title: "Block {name}?",
            action: "Block",
            open,
            busy: block.is_busy(),
            failures: failures(block),
            onconfirm: start,
            p {
                "All sessions end, API tokens are deleted, and sign-ins are rejected. Queued jobs are not started. \
                 Files and results are kept."
            }
        }
    }
}
