//! Keys that are pressed anywhere on the page.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Document, Element, HtmlElement, KeyboardEvent, NodeList};

/// What takes text.
const TAKES_KEYS: &str = "input:not([type=checkbox]), textarea, select, [contenteditable]";

/// What has keys of its own, wherever the focus is, while it is open.
const OPEN_DIALOG: &str = "dialog[open]";

/// The first field for a search on the page.
const SEARCH_FIELD: &str = "main input[type=search], main [role=search] input[type=text]";

/// What opens a row of a list.
const ROW_LINKS: &str = "main tbody th a, main tbody td:first-child a, main .variant-open";

/// Calls `handle` with every key that no field takes, as long as the page is there. Where it
/// answers `true` the browser does nothing itself.
pub fn listen(mut handle: impl FnMut(&str) -> bool + 'static) {
    let Some(document) = document() else { return };
    let listener = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_field =
            target.is_some_and(|target| target.closest(TAKES_KEYS).ok().flatten().is_some());
        let is_taken = is_field || find(OPEN_DIALOG).is_some();
        let with_other = event.ctrl_key() || event.meta_key() || event.alt_key();
        if !is_taken && !with_other && handle(&event.key()) {
            event.prevent_default();
        }
    });
    // Fails for no document. The listener stays for as long as the page.
    _ = document.add_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Gives the focus to the page's search field, and says whether there is one.
pub fn focus_search() -> bool {
    focus(find(SEARCH_FIELD))
}

/// Moves the focus to the next row of the page's list, or (`false`) the one before.
pub fn step_row(forward: bool) -> bool {
    let Some(document) = document() else { return false };
    let Ok(rows) = document.query_selector_all(ROW_LINKS) else { return false };
    let current = document.active_element().and_then(|active| place_of(&rows, &active));
    let next = match (current, forward) {
        (None, _) => 0,
        (Some(at), true) => at + 1,
        (Some(at), false) => at.saturating_sub(1),
    };
    focus(rows.item(next).and_then(|row| row.dyn_into().ok()))
}

/// The row that an element is, or is within.
fn place_of(rows: &NodeList, element: &Element) -> Option<u32> {
    let row = element.closest("tr").ok()??;
    (0..rows.length()).find(|at| rows.item(*at).is_some_and(|node| row.contains(Some(&node))))
}

/// Gives the focus to an element, and says whether it took it: one that is hidden does not.
fn focus(element: Option<Element>) -> bool {
    let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let Some(element) = element else { return false };
    // Fails for no element that is in the document.
    _ = element.focus();
    let focused = document().and_then(|document| document.active_element());
    focused.is_some_and(|focused| element.is_same_node(Some(&focused)))
}

fn find(selector: &str) -> Option<Element> {
    document()?.query_selector(selector).ok()?
}

fn document() -> Option<Document> {
    super::window()?.document()
}
