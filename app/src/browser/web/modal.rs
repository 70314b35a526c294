//! Modal dialogs (`<dialog>`) and popovers of the browser.

use dioxus::prelude::{Signal, WritableExt};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlDialogElement, HtmlElement};

/// Opens or closes the dialog with an id. Sets `open` to false whichever way it is closed.
pub fn show_modal(id: &str, is_open: bool, mut open: Signal<bool>) {
    let Some(dialog) = super::element::<HtmlDialogElement>(id) else { return };
    if !is_open {
        if dialog.open() {
            dialog.close();
            wasm_bindgen_futures::spawn_local(focus_content_if_lost());
        }
    } else if !dialog.open() {
        // Esc closes the dialog without any other event. The listener is freed when the dialog
        // closes, which happens once for each time it is opened.
        let closed = Closure::once_into_js(move || {
            open.set(false);
        });
        dialog.set_onclose(Some(closed.unchecked_ref()));
        // Fails only for a dialog that is open already or not in the document.
        _ = dialog.show_modal();
    }
}

/// Closes the popover with an id, if it is open. The focus returns to the button that opened it.
pub fn hide_popover(id: &str) {
    if let Some(popover) = super::element::<HtmlElement>(id) {
        // Fails for an element that is not a popover.
        _ = popover.hide_popover();
    }
}

/// Focuses the content if focus was lost.
///
/// The browser returns focus to the element that opened a dialog. If that element has been
/// removed, for example by an upgrade, focus would fall back to the top of the window. The same holds
/// for an element that is removed while it has the focus.
pub async fn focus_content_if_lost() {
    gloo_timers::future::TimeoutFuture::new(300).await;
    let Some(document) = super::document() else { return };
    let is_lost = document.active_element().is_none_or(|element| element.tag_name() == "BODY");
    if is_lost && let Some(content) = super::element::<HtmlElement>("content") {
        // Does not fail for an element in the document.
        _ = content.focus();
    }
}
