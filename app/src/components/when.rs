use crate::format;
use dioxus::prelude::*;
use jiff::Timestamp;

/// A moment: in UTC as the server writes it, in the reader's own time zone once the page is live.
#[component]
pub fn When(at: Timestamp) -> Element {
    #[cfg_attr(not(feature = "web"), expect(unused_mut, reason = "only browsers know the zone"))]
    let mut local = use_signal(|| None::<String>);
    use_effect(use_reactive!(|at| {
        #[cfg(feature = "web")]
        local.set(Some(crate::browser::local_time(at)));
        #[cfg(not(feature = "web"))]
        let _ = at;
    }));
    let utc = format::utc(at);
    let shown = local.read().clone().unwrap_or_else(|| utc.clone());
    rsx! {
        time { datetime: "{at}", title: "{utc}", "{shown}" }
    }
}
