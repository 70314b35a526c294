//! Scrolling, also to rows of a long table that are not in the document yet.

use gloo_timers::future::TimeoutFuture;
use std::cell::Cell;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

/// How often and at which interval the document is checked for a row that scrolling brings in.
const TRIES: u32 = 150;
const PAUSE_MILLIS: u32 = 20;

thread_local! {
    /// Counts requests for focus. Only the latest one takes effect.
    static REQUESTS: Cell<u32> = const { Cell::new(0) };
}

/// Scrolls the content of an element to `pixels` below its top.
pub fn scroll_to(id: &str, pixels: f64) {
    if let Some(element) = super::element::<Element>(id) {
        element.set_scroll_top(pixels as i32);
    }
}

/// Focuses a row. If the row is not in the document, scrolls to `pixels` and waits for it.
pub fn focus_row(scroll_id: &'static str, row_id: &str, pixels: f64) {
    if super::element::<HtmlElement>(row_id).is_none() {
        scroll_to(scroll_id, pixels);
    }
    let row_id = row_id.to_owned();
    let request = REQUESTS.get().wrapping_add(1);
    REQUESTS.set(request);
    wasm_bindgen_futures::spawn_local(async move {
        for _ in 0..TRIES {
            if REQUESTS.get() != request {
                return;
            }
            if let Some(row) = super::element::<HtmlElement>(&row_id) {
                // Does not fail for an element in the document.
                _ = row.focus();
                return;
            }
            TimeoutFuture::new(PAUSE_MILLIS).await;
        }
    });
}

/// Scrolls an element into view, if it exists.
pub fn scroll_into_view(id: &str) {
    if let Some(element) = super::element::<Element>(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
