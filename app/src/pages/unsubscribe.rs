use crate::components::Page;
use dioxus::prelude::*;

/// Where the link at the end of a mail leads: no sign-in, one button. A form and not a call of the
/// script, so that it works wherever mail is read.
#[component]
pub fn Unsubscribe(token: String, done: bool) -> Element {
    if done {
        return rsx! {
            Page { title: "You get no more mail about your jobs",
                p { "Mail about payments still comes. Nothing changes in your jobs." }
            }
        };
    }
    rsx! {
        Page { title: "Stop mail about your jobs?",
            p { "You will not be told by mail any more when results are ready, archived or restored." }
            form { method: "post", action: "/unsubscribe?token={token}",
                button { class: "button button-main", r#type: "submit", "Stop these mails" }
            }
        }
    }
}
