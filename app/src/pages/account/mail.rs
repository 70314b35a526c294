use crate::api::{self, Wire, use_doing};
use crate::components::{sentence, use_toasts};
use dioxus::prelude::*;
use gas_shared::token::AccountSettings;

/// Which mail the user gets.
#[component]
pub fn MailSettings(
    /// Whether it is mail about jobs, too.
    wanted: bool,
    /// Gets what is set after a change.
    onchange: EventHandler<Wire<AccountSettings>>,
) -> Element {
    let toasts = use_toasts();
    let setting = use_doing();
    let set = move |wanted: bool| {
        setting.start(async move {
            match api::set_mail_about_jobs(wanted).await {
                Ok(fresh) => {
                    let now = if wanted { "on" } else { "off" };
                    toasts.success(format!("Mail about your jobs is {now}"));
                    onchange.call(fresh);
                }
                Err(error) => toasts.error(sentence(&error.message)),
            }
            Ok(())
        });
    };
    rsx! {
        section { class: "panel", "aria-labelledby": "mail",
            h2 { id: "mail", "Mail" }
            label { class: "setting",
                input {
                    r#type: "checkbox",
                    checked: wanted,
                    disabled: setting.is_busy(),
                    onchange: move |event| set(event.checked()),
                }
                span {
                    "Mail about my jobs"
                    span { class: "muted setting-about",
                        "When results are ready, are archived or are back, and when a job failed."
                    }
                }
            }
            p { class: "muted", "Mail about payments always comes." }
        }
    }
}
