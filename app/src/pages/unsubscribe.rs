//! The page for unsubscribing from emails about jobs.

use crate::components::Page;
use dioxus::prelude::*;

/// The target of the unsubscribe link in emails. It needs no sign-in and uses a plain form, so that
/// it works without scripts.
#[component]
pub fn Unsubscribe(token: String, done: bool) -> Element {
    if done {
        return rsx! {
            Page { title: "You are unsubscribed from emails about your jobs",
                p { "Billing emails are still sent. Your jobs are not affected. You can choose emails on your account page." }
            }
        };
    }
    rsx! {
        Page { title: "Unsubscribe from emails about your jobs?",
            p { "You will no longer get an email when results are ready, archived or restored, when a job fails, or when a reference of yours is built. To get some of them, choose on your account page instead." }
            form { method: "post", action: "/unsubscribe?token={token}",
                button { class: "button button-main", r#type: "submit", "Unsubscribe" }
            }
        }
    }
}
