//! The notifications of this browser.

use crate::browser;
use dioxus::prelude::*;

/// The setting for notifications about jobs that end while the user does not look at GAS.
#[component]
pub fn Notifications() -> Element {
    let mut are_on = use_signal(|| false);
    let mut are_blocked = use_signal(|| false);
    // The first render in the browser must equal that of the server, which does not know the browser.
    use_effect(move || are_on.set(browser::may_notify()));
    let set = move |event: Event<FormData>| {
        let wanted = event.checked();
        // Shown as asked for, so that a refusal changes it back.
        are_on.set(wanted);
        async move {
            let allowed = browser::allow_notifications(wanted).await;
            are_on.set(allowed);
            are_blocked.set(wanted && !allowed);
        }
    };
    rsx! {
        section { class: "panel", "aria-labelledby": "notifications",
            h2 { id: "notifications", "Notifications" }
            label { class: "setting",
                input { id: "notify", r#type: "checkbox", checked: are_on(), onchange: set }
                span {
                    "Notify me in this browser when a job ends"
                    span { class: "muted setting-about",
                        "Only while GAS is open in a tab that you are not looking at. The notification shows the file name."
                    }
                }
            }
            div { role: "status",
                if are_blocked() {
                    p { class: "note note-warn",
                        "Your browser blocks notifications of this site. Allow them in the browser's settings for this site, then try again."
                    }
                }
            }
        }
    }
}
