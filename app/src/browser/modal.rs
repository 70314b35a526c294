//! The browser's own modal dialogs.

use dioxus::prelude::{Signal, WritableExt};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlDialogElement, HtmlElement};

/// Opens or closes the dialog with an id. `open` becomes false however it is closed.
pub fn show_modal(id: &str, is_open: bool, mut open: Signal<bool>) {
    let Some(dialog) = super::element::<HtmlDialogElement>(id) else { return };
    if !is_open {
        if dialog.open() {
            dialog.close();
            wasm_bindgen_futures::spawn_local(focus_content_if_lost());
        }
    } else if !dialog.open() {
        // Esc closes the dialog without asking anybody. It is closed once for each time it is
        // opened, and the listener is freed then.
        let closed = Closure::once_into_js(move || {
            open.set(false);
        });
        dialog.set_onclose(Some(closed.unchecked_ref()));
        // Fails only for a dialog that is open already or not in the document.
        _ = dialog.show_modal();
    }
}

/// The browser gives the focus back to what opened the dialog. Where that is gone by now or goes
/// in a moment, as after an upgrade, reading goes on at the content, not at the top of the window.
async fn focus_content_if_lost() {
    gloo_timers::future::TimeoutFuture::new(300).await;
    let Some(document) = super::window().and_then(|window| window.document()) else { return };
    let is_lost = document.active_element().is_none_or(|element| element.tag_name() == "BODY");
    if is_lost && let Some(content) = super::element::<HtmlElement>("content") {
        // Fails for no element that is in the document.
        _ = content.focus();
    }
}
