//! Arriving at another page.

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// How often, and how long, a page that is still being fetched is waited for.
const TRIES: u32 = 100;
const PAUSE_MILLIS: u32 = 50;

/// A page that has the same title as the one before counts as arrived at by then.
const SAME_TITLE_TRIES: u32 = 20;

/// Leads reading to the heading of the page that comes after the one with a title, as a browser does
/// that loads a page. Who has gone on to something else by then is left there.
pub async fn arrive(announcer_id: &str, before: &str) {
    let Some(document) = super::window().and_then(|window| window.document()) else { return };
    let focused = document.active_element();
    for tried in 0..TRIES {
        let now = document.active_element();
        if now != focused && now.is_some_and(|element| element.tag_name() != "BODY") {
            return;
        }
        let heading = document.query_selector("main h1").ok().flatten();
        let heading = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok());
        if let Some(heading) =
            heading.filter(|_| document.title() != before || tried >= SAME_TITLE_TRIES)
        {
            // Neither fails for elements that are in the document.
            _ = heading.focus();
            if let Some(announcer) = super::element::<HtmlElement>(announcer_id) {
                announcer.set_text_content(Some(&document.title()));
            }
            return;
        }
        TimeoutFuture::new(PAUSE_MILLIS).await;
    }
}

/// The window's title as it is now.
pub fn title() -> String {
    super::window().and_then(|window| window.document()).map(|it| it.title()).unwrap_or_default()
}
