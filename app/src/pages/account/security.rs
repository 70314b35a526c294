//! The sessions and the recent activity of the account.

use crate::api::{self, use_api_action};
use crate::browser;
use crate::components::{LocalTime, sentence};
use dioxus::prelude::*;
use gas_shared::audit::Activity;

/// The panel with the sessions and the recent activity.
#[component]
pub fn Security(sessions: u64, activity: Vec<Activity>) -> Element {
    let sign_out = use_api_action();
    let failed = sign_out.error();
    let browsers = if sessions == 1 { "browser" } else { "browsers" };
    rsx! {
        section { class: "panel", "aria-labelledby": "security",
            h2 { id: "security", "Security" }
            p { "You are signed in on {sessions} {browsers}. If you do not recognize one, sign out everywhere; your API tokens stay valid." }
            p { class: "actions",
                button {
                    class: "button",
                    r#type: "button",
                    disabled: sign_out.is_busy(),
                    onclick: move |_| sign_out.start(async move {
                        api::sign_out_everywhere().await?;
                        browser::go_to("/");
                        Ok(())
                    }),
                    "Sign out everywhere"
                }
            }
            if let Some(error) = failed {
                p { class: "field-problem", role: "alert", {sentence(&error.message)} }
            }
            h3 { class: "form-title", id: "activity", "Recent activity" }
            ul { "aria-labelledby": "activity",
                for entry in activity {
                    li {
                        LocalTime { at: entry.at }
                        " · {entry.text}"
                    }
                }
            }
        }
    }
}
