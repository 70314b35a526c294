use crate::live::{Link, use_live};
use dioxus::prelude::*;

/// Whether what the page shows is live.
#[component]
pub fn LiveDot() -> Element {
    let (tone, word) = match use_live().link() {
        Link::Connecting => ("quiet", "Connecting"),
        Link::Live => ("good", "Live"),
        Link::Reconnecting if is_offline() => ("bad", "Offline"),
        Link::Reconnecting => ("warn", "Reconnecting"),
        Link::SignedOut => ("bad", "Signed out"),
    };
    rsx! {
        span { class: "live-dot live-{tone}", role: "status",
            span { class: "dot", "aria-hidden": "true" }
            "{word}"
        }
    }
}

/// Whether the browser itself has no network. It is asked anew with each attempt to reconnect.
fn is_offline() -> bool {
    #[cfg(feature = "web")]
    return crate::browser::is_offline();
    #[cfg(not(feature = "web"))]
    false
}
