//! The email settings of the account page.

use crate::account::use_sells_premium;
use crate::api::{self, RawJson, use_api_action};
use crate::components::sentence;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::token::AccountSettings;

/// The settings for emails.
#[component]
pub fn MailSettings(
    /// Whether the user wants emails about jobs.
    wanted: bool,
    /// Called with the new settings after a change.
    onchange: EventHandler<RawJson<AccountSettings>>,
) -> Element {
    let toasts = use_toasts();
    let setting = use_api_action();
    let set = move |wanted: bool| {
        setting.start(async move {
            match api::set_mail_about_jobs(wanted).await {
                Ok(fresh) => {
                    let now = if wanted { "on" } else { "off" };
                    toasts.success(format!("Emails about your jobs are {now}"));
                    onchange.call(fresh);
                }
                Err(error) => toasts.error(sentence(&error.message)),
            }
            Ok(())
        });
    };
    rsx! {
        section { class: "panel", "aria-labelledby": "mail",
            h2 { id: "mail", "Email" }
            label { class: "setting",
                input {
                    r#type: "checkbox",
                    checked: wanted,
                    disabled: setting.is_busy(),
                    onchange: move |event| set(event.checked()),
                }
                span {
                    "Email me about my jobs and references"
                    span { class: "muted setting-about",
                        "When results are ready, archived or restored, when a job fails, and when a reference of yours is built."
                    }
                }
            }
            if use_sells_premium() {
                p { class: "muted", "Billing emails are always sent." }
            }
        }
    }
}
