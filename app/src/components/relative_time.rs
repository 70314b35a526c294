use crate::browser;
use crate::format;
use dioxus::prelude::*;
use jiff::Timestamp;

/// A moment of the past by how long ago it was, with the moment itself as its title.
#[component]
pub fn RelativeTime(
    /// The moment.
    at: Timestamp,
    /// The server's time; `None` until the page is live, when the moment is in UTC.
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
