//! A time in the reader's time zone.

use crate::browser;
use crate::format;
use dioxus::prelude::*;
use jiff::Timestamp;

/// A time, rendered in UTC by the server and in the reader's time zone once the page is live.
#[component]
pub fn LocalTime(at: Timestamp) -> Element {
    let mut local = use_signal(|| None::<String>);
    use_effect(use_reactive!(|at| local.set(Some(browser::local_time(at)))));
    let utc = format::utc(at);
    let shown = local.read().clone().unwrap_or_else(|| utc.clone());
    rsx! {
        time { datetime: "{at}", title: "{utc}", "{shown}" }
    }
}
