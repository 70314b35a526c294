//! Loads scripts on demand.

use futures::channel::oneshot;
use futures::future::{self, Either};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast, JsError};
use web_sys::HtmlScriptElement;

/// How long a script may take to load, in milliseconds. Some content blockers leave requests pending.
const SCRIPT_MILLIS: u32 = 10_000;

/// Loads a script unless it is loaded, and returns the property of the window that it sets.
///
/// # Errors
/// If the script cannot be loaded.
pub async fn load(url: &str, property: &str) -> Result<JsValue, JsValue> {
    let window = super::window().ok_or_else(|| failure("there is no window"))?;
    let found = js_sys::Reflect::get(&window, &property.into())?;
    if !found.is_undefined() {
        return Ok(found);
    }
    let document = window.document().ok_or_else(|| failure("there is no document"))?;
    let script: HtmlScriptElement = document.create_element("script")?.unchecked_into();
    script.set_src(url);
    let (sender, loaded) = oneshot::channel();
    let sender = std::rc::Rc::new(std::cell::Cell::new(Some(sender)));
    let end_with = |is_loaded: bool| {
        let sender = sender.clone();
        Closure::<dyn FnMut()>::new(move || {
            if let Some(sender) = sender.take() {
                // Fails if the timeout has passed and the receiver is dropped.
                _ = sender.send(is_loaded);
            }
        })
    };
    let (load, error) = (end_with(true), end_with(false));
    script.set_onload(Some(load.as_ref().unchecked_ref()));
    script.set_onerror(Some(error.as_ref().unchecked_ref()));
    let head = document.head().ok_or_else(|| failure("the document has no head"))?;
    head.append_child(&script)?;
    let ended = future::select(loaded, TimeoutFuture::new(SCRIPT_MILLIS)).await;
    if let Either::Left((Ok(true), _)) = ended {
        return js_sys::Reflect::get(&window, &property.into());
    }
    // The listeners are dropped with this function, and the next attempt starts from the beginning.
    script.set_onload(None);
    script.set_onerror(None);
    script.remove();
    Err(failure("the script could not be loaded"))
}

fn failure(text: &str) -> JsValue {
    JsError::new(text).into()
}
