//! A past time as a relative text, such as "5 min ago".

use crate::browser;
use crate::format;
use dioxus::prelude::*;
use jiff::Timestamp;

/// A past time, shown as how long ago it was. The title is the exact time.
#[component]
pub fn RelativeTime(
    /// The time to show.
    at: Timestamp,
    /// The server's time. `None` until the page is live; the time is then shown in UTC.
    now: Option<Timestamp>,
) -> Element {
    let utc = format::utc(at);
    let (shown, title) = match now {
        Some(now) => (format::ago(at, now), browser::local_time(at)),
        None => (utc.clone(), utc),
    };
    rsx! {
        time { datetime: "{at}", title, "{shown}" }
    }
}
