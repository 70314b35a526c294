//! Scrolling to rows that are not in the document yet.

use gloo_timers::future::TimeoutFuture;
use std::cell::Cell;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

/// How often, and how long, a row is waited for that scrolling brings into the document.
const TRIES: u32 = 150;
const PAUSE_MILLIS: u32 = 20;

thread_local! {
    /// How many rows were asked for; only the last gets the focus.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Scrolls an element so many pixels down from its top.
pub fn scroll_to(id: &str, pixels: f64) {
    if let Some(element) = super::element::<Element>(id) {
        element.set_scroll_top(pixels as i32);
    }
}

/// Gives a row the focus. One that is not in the document is scrolled to first, to `pixels`.
pub fn focus_row(scroll_id: &'static str, row_id: &str, pixels: f64) {
    if super::element::<HtmlElement>(row_id).is_none() {
        scroll_to(scroll_id, pixels);
    }
    let row_id = row_id.to_owned();
    let turn = ASKED.get().wrapping_add(1);
    ASKED.set(turn);
    wasm_bindgen_futures::spawn_local(async move {
        for _ in 0..TRIES {
            if ASKED.get() != turn {
                return;
            }
            if let Some(row) = super::element::<HtmlElement>(&row_id) {
                // Fails for no element that is in the document.
                _ = row.focus();
                return;
            }
            TimeoutFuture::new(PAUSE_MILLIS).await;
        }
    });
}

/// Brings an element into view, where there is one.
pub fn show_element(id: &str) {
    if let Some(element) = super::element::<Element>(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
