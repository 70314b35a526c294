//! Moves focus after client-side navigation, as a browser does when it loads a page.

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// How often and at which interval the document is checked for the new page.
const TRIES: u32 = 100;
const PAUSE_MILLIS: u32 = 50;

/// After this many checks, a page with the same title counts as the new page.
const SAME_TITLE_TRIES: u32 = 20;

/// Waits for the page that follows the one titled `before` and focuses its heading, which screen readers announce.
/// Does nothing if the user has moved the focus meanwhile.
pub async fn focus_new_page(before: &str) {
    let Some(document) = super::document() else { return };
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
            // Does not fail for an element in the document.
            _ = heading.focus();
            return;
        }
        TimeoutFuture::new(PAUSE_MILLIS).await;
    }
}
