//! Keyboard shortcuts: keys pressed anywhere on the page.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlElement, KeyboardEvent, NodeList};

/// Elements that take text input.
const TEXT_INPUTS: &str = "input:not([type=checkbox]), textarea, select, [contenteditable]";

/// An open dialog handles all keys itself, wherever the focus is.
const OPEN_DIALOG: &str = "dialog[open]";

/// The first search field of the page.
const SEARCH_FIELD: &str = "main input[type=search], main [role=search] input[type=text]";

/// The elements that open the rows of a list.
const ROW_LINKS: &str = "main tbody th a, main tbody td:first-child a, main .variant-open";

/// Calls `handle` with every key that no text input or dialog takes, for as long as the page is
/// loaded. A key that is pressed with Ctrl or ⌘ is `Ctrl+` and the key, in text inputs, too. If `handle`
/// returns true, the browser's default action is prevented.
pub fn on_key(mut handle: impl FnMut(&str) -> bool + 'static) {
    let Some(document) = super::document() else { return };
    let listener = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_text =
            target.is_some_and(|target| target.closest(TEXT_INPUTS).ok().flatten().is_some());
        let has_control = event.ctrl_key() || event.meta_key();
        let key = event.key();
        let pressed = match (has_control, event.alt_key()) {
            (false, false) if !is_text => key,
            // Text fields have no use for these.
            (true, false) if !event.shift_key() => format!("Ctrl+{}", key.to_lowercase()),
            _ => return,
        };
        if find(OPEN_DIALOG).is_none() && handle(&pressed) {
            event.prevent_default();
        }
    });
    // Does not fail for a document. The listener lives as long as the page.
    _ = document.add_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Focuses the page's search field and returns whether there is one.
pub fn focus_search() -> bool {
    focus(find(SEARCH_FIELD))
}

/// Moves the focus to the next row of the page's list, or to the previous one if `forward` is false.
/// Returns whether the focus moved to a row.
pub fn step_row(forward: bool) -> bool {
    let Some(document) = super::document() else { return false };
    let Ok(rows) = document.query_selector_all(ROW_LINKS) else { return false };
    let current = document.active_element().and_then(|active| row_index(&rows, &active));
    let next = match (current, forward) {
        (None, _) => 0,
        (Some(at), true) => at + 1,
        (Some(at), false) => at.saturating_sub(1),
    };
    focus(rows.item(next).and_then(|row| row.dyn_into().ok()))
}

/// The index of the row that contains an element.
fn row_index(rows: &NodeList, element: &Element) -> Option<u32> {
    let row = element.closest("tr").ok()??;
    (0..rows.length()).find(|at| rows.item(*at).is_some_and(|node| row.contains(Some(&node))))
}

/// Focuses an element and returns whether it has the focus now. A hidden element cannot be focused.
fn focus(element: Option<Element>) -> bool {
    let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let Some(element) = element else { return false };
    // Does not fail for an element in the document.
    _ = element.focus();
    let focused = super::document().and_then(|document| document.active_element());
    focused.is_some_and(|focused| element.is_same_node(Some(&focused)))
}

fn find(selector: &str) -> Option<Element> {
    super::document()?.query_selector(selector).ok()?
}
