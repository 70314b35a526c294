//! The email settings of the account page.

use crate::account::use_sells_premium;
use crate::api::{self, RawJson, use_api_action};
use crate::components::sentence;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::token::AccountSettings;
use gas_shared::{JobMailKind, JobMails};

/// The setting of a kind of mail.
const fn label(kind: JobMailKind) -> &'static str {
    match kind {
        JobMailKind::Completed => "Email me when my results or references are ready",
        JobMailKind::Failed => "Email me when a job or a reference fails",
        JobMailKind::Archive => "Email me when results are archived or restored",
    }
}

/// What the message after a change calls them.
const fn subject(kind: JobMailKind) -> &'static str {
    match kind {
        JobMailKind::Completed => "Emails about what is ready",
        JobMailKind::Failed => "Emails about failures",
        JobMailKind::Archive => "Emails about archived and restored results",
    }
}

/// The settings for emails.
#[component]
pub fn MailSettings(
    /// The emails about jobs that the user wants.
    wanted: JobMails,
    /// Called with the new settings after a change.
    onchange: EventHandler<RawJson<AccountSettings>>,
) -> Element {
    let toasts = use_toasts();
    let setting = use_api_action();
    let set = move |kind: JobMailKind, is_on: bool| {
        setting.start(async move {
            match api::set_job_mails(wanted.with(kind, is_on)).await {
                Ok(fresh) => {
                    let now = if is_on { "on" } else { "off" };
                    toasts.success(format!("{} are {now}", subject(kind)));
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
            for kind in JobMailKind::ALL {
                label { class: "setting",
                    input {
                        r#type: "checkbox",
                        checked: wanted.wants(kind),
                        disabled: setting.is_busy(),
                        onchange: move |event| set(kind, event.checked()),
                    }
                    span { {label(kind)} }
                }
            }
            p { class: "muted",
                "If five or more jobs end together, you get one email, at most ten minutes after the first has ended. "
                if use_sells_premium() {
                    "Billing emails are always sent."
                }
            }
        }
    }
}
