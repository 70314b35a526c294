//! The account page: profile, email settings, API tokens, webhooks, security, data export and account deletion.

mod data;
mod mail;
mod new_token;
mod new_webhook;
mod notifications;
mod security;
mod tokens;
mod webhooks;

use super::{commit_status, load_failure};
use crate::account::{use_account, use_sells_premium};
use crate::api::{self, use_steady_api_loader};
use crate::components::{CopyButton, ErrorNote, Page, Skeleton};
use crate::error::{ApiError, ErrorCode};
use crate::live::use_live;
use data::YourData;
use dioxus::prelude::*;
use gas_shared::Account as Profile;
use mail::MailSettings;
use notifications::Notifications;
use security::Security;
use tokens::Tokens;
use webhooks::Webhooks;

use crate::app::Route;

/// The account page.
#[component]
pub fn Account() -> Element {
    let Some(account) = use_account() else {
        let error = ApiError::new(ErrorCode::SignInRequired, "sign in to see your account");
        commit_status(&error);
        return rsx! {
            Page { title: "Account", ErrorNote { error } }
        };
    };
    rsx! {
        Page { title: "Account",
            ProfilePanel { account }
            // Each part is loaded on its own, and hides no other meanwhile.
            SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, Settings {} }
            SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, Webhooks {} }
            YourData {}
        }
    }
}

#[component]
fn ProfilePanel(account: Profile) -> Element {
    let institution = if account.institution.is_empty() { "–" } else { &account.institution };
    rsx! {
        section { class: "panel", "aria-labelledby": "profile",
            h2 { id: "profile", "Profile" }
            dl { class: "details details-plain",
                dt { "Name" }
                dd { "{account.name}" }
                dt { "Email" }
                dd { "{account.email}" }
                dt { "Institution" }
                dd { "{institution}" }
                dt { "Time zone" }
                dd { {account.time_zone.as_deref().unwrap_or("–")} }
                if use_sells_premium() {
                    dt { "Plan" }
                    dd {
                        Link { to: Route::Billing {}, "{account.plan}" }
                    }
                }
                dt { "References" }
                dd {
                    Link { to: Route::References {}, "Your references" }
                }
                dt { "User id" }
                dd {
                    code { "{account.id}" }
                    CopyButton { text: account.id.to_string(), label: "the user id" }
                }
            }
            p { class: "muted",
                "Your name, email address and institution come from your identity provider and are updated \
                 when you sign in. The time zone is that of your browser; emails use it too."
            }
            form { method: "post", action: "/logout",
                button { class: "button", r#type: "submit", "Sign out" }
            }
        }
    }
}

/// The email settings, API tokens and sessions, which are loaded together.
#[component]
fn Settings() -> Element {
    let live = use_live();
    let loaded = use_steady_api_loader(move || {
        live.refetch_on_reconnect();
        api::account_settings()
    })?;
    let shown = match loaded.read() {
        Ok(shown) => shown,
        Err(error) => return load_failure(error),
    };
    rsx! {
        MailSettings { wanted: shown.job_mails, onchange: move |fresh| loaded.set(fresh) }
        Notifications {}
        Tokens {
            tokens: shown.tokens,
            oncreated: move |()| loaded.reload(),
            onchange: move |fresh| loaded.set(fresh),
        }
        Security { sessions: shown.sessions, activity: shown.activity }
    }
}
